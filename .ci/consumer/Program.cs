// A program of somebody who has only the packages: a host with an endpoint of its own and one that speaks Feed, both
// asked over a socket. Each package has its part in it.
using System.Net;
using System.Net.Sockets;
using System.Text;
using Longwire;
using Longwire.Hosting;
using Longwire.Protocols.Feed;
using Longwire.Testing;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

using var deadline = new CancellationTokenSource(TimeSpan.FromSeconds(20));
HostApplicationBuilder builder = Host.CreateApplicationBuilder(args);
builder.Logging.ClearProviders();
builder.Services.AddLongwire(builder.Configuration, static longwire => longwire
    .Handler<Echo>("echo", Lines.Utf8(maxBytes: 100), listen: "127.0.0.1:0")
    .Protocol("feed", static (_, endpoint) => endpoint.UseFeed(), listen: "127.0.0.1:0"));
using IHost host = builder.Build();
await host.StartAsync(deadline.Token);
host.Services.GetRequiredService<TcpServer>().Hub.Publish("plant/state", "running"u8);
IReadOnlyList<EndpointStatus> endpoints = host.Services.GetRequiredService<LongwireStatus>().Endpoints;

Expect("Longwire, Longwire.Hosting", Encoding.UTF8.GetString(await AskAsync("echo", "hello\n"u8.ToArray())), "hello");

await using (var client = new FeedClient(new FeedClientOptions { Servers = [AddressOf("feed")] }))
{
    await foreach (FeedUpdate update in client.Subscribe("plant/#").WithCancellation(deadline.Token))
    {
        Expect("Longwire.Protocols, Longwire.Client", update.Text, "running");
        break;
    }
}

var time = new VirtualTime();
time.Advance(TimeSpan.FromDays(7));
Expect("Longwire.Testing", $"{time.Elapsed.TotalDays} days", "7 days");

await host.StopAsync(deadline.Token);

// Sends, half-closes, and returns all that came back.
async Task<byte[]> AskAsync(string endpoint, ReadOnlyMemory<byte> question)
{
    using var client = new TcpClient();
    await client.ConnectAsync(IPEndPoint.Parse(AddressOf(endpoint).Replace("tcp://", "")), deadline.Token);
    NetworkStream stream = client.GetStream();
    await stream.WriteAsync(question, deadline.Token);
    client.Client.Shutdown(SocketShutdown.Send);
    var answer = new MemoryStream();
    await stream.CopyToAsync(answer, deadline.Token);
    return answer.ToArray();
}

string AddressOf(string endpoint) => endpoints.First(status => status.Name == endpoint).Address!;

static void Expect(string package, string answer, string expected)
{
    if (!answer.Contains(expected, StringComparison.Ordinal))
        throw new InvalidOperationException($"{package}: expected '{expected}', not '{answer}'");
    Console.WriteLine($"{package}: {expected}");
}

internal sealed class Echo : ConnectionHandler
{
    public override ValueTask OnMessageAsync(Connection connection, Message message)
    {
        connection.Send(message);
        return ValueTask.CompletedTask;
    }
}
