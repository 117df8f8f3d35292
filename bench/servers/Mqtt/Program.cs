// MQTTnet.Server, the broker that people embed, with its defaults where they do not cap the measurement. By default it
// sends the header and the payload of a packet by one call each; told not to, it joins them, which costs it less.
// Slow consumers: a queue of messages per client; the oldest is dropped at its bound.
using System.Net;
using MQTTnet.Server;
using PushLab;

const int MaxPendingMessages = 10_000;

int port = Listening.Port(args);
if (port == 0)
{
    // The broker does not tell which port it got, so a free one is looked up first.
    using var free = Listening.Start(args);
    port = ((IPEndPoint)free.LocalEndPoint!).Port;
}
var factory = new MqttServerFactory();
using MqttServer broker = factory.CreateMqttServer(factory.CreateServerOptionsBuilder()
    .WithDefaultEndpoint()
    .WithDefaultEndpointPort(port)
    .WithDefaultEndpointBoundIPAddress(IPAddress.Loopback)
    .WithDefaultEndpointBoundIPV6Address(IPAddress.None)
    .WithConnectionBacklog(Listening.Backlog)
    .WithoutPacketFragmentation()
    .WithMaxPendingMessagesPerClient(MaxPendingMessages)
    .Build());
await broker.StartAsync();
Listening.Announce("mqttnet", new IPEndPoint(IPAddress.Loopback, port));
Thread.Sleep(Timeout.Infinite);
