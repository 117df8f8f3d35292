// The benchmark protocol, written with the public API only: a length-prefixed publish/subscribe server.
// Frame: 4 bytes of length, big-endian, then the payload; its first byte says what to do.
//   S  subscribe to the broadcast; the frame comes back as acknowledgement
//   P  publish: the whole frame goes to all subscribers but its sender
//   E  echo: the frame goes back to its sender
// With --certificate and --key it speaks TLS; with --deflate it compresses what it sends.
using System.CommandLine;
using Longwire;

var port = new Option<int>("--port")
{
    Description = "TCP port on 127.0.0.1; 0 lets the system choose",
    DefaultValueFactory = _ => 7300,
};
var poller = new Option<PollerKind>("--poller")
{
    Description = "what waits for the system",
    DefaultValueFactory = _ => PollerKind.Automatic,
};
var loops = new Option<int>("--loops")
{
    Description = "threads that own connections",
    DefaultValueFactory = _ => Math.Min(16, Environment.ProcessorCount),
};
var certificate = new Option<string>("--certificate") { Description = "a PEM file: speak TLS" };
var key = new Option<string>("--key") { Description = "a PEM file with the certificate's private key" };
var deflate = new Option<bool>("--deflate") { Description = "compress what is sent" };
var root = new RootCommand("PushLab: the benchmark server") { port, poller, loops, certificate, key, deflate };
root.SetAction((arguments, cancellation) => Serve(
    arguments.GetValue(port), arguments.GetValue(poller), arguments.GetValue(loops),
    endpoint =>
    {
        if (arguments.GetValue(certificate) is { } file)
            endpoint.UseTls(tls => tls.Certificate(file, arguments.GetValue(key) ?? file));
        if (arguments.GetValue(deflate))
            endpoint.UseDeflate();
    },
    cancellation));
// The server drains on SIGTERM by itself, for as long as its limit says; the parser would end the process after 2 s.
return await root.Parse(args).InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });

static async Task Serve(
    int port, PollerKind poller, int loops, Action<EndpointBuilder<object?>> lay, CancellationToken cancellation)
{
    Topic? broadcast = null;
    TopicFilter filter = TopicFilter.Parse("broadcast");
    await using var server = TcpServer.Create(o => o
        .Loops(loops)
        .Poller(poller)
        .Hub(new HubOptions { Topics = [(filter, new TopicOptions { Retention = Retention.None })] })
        .Listen($"tcp://127.0.0.1:{port}", e =>
        {
            lay(e);
            e.Framing(LengthPrefix.BigEndian32(maxBytes: 1 << 20))
                .OnMessageInline((connection, message) =>
                {
                    switch (message.Span.IsEmpty ? 0 : message.Span[0])
                    {
                        case (byte)'S':
                            connection.Subscribe(filter);
                            connection.Send(message);
                            break;
                        case (byte)'P':
                            connection.PublishToOthers(broadcast!, message.Span);
                            break;
                        case (byte)'E':
                            connection.Send(message);
                            break;
                        default:
                            connection.Abort(CloseReason.MalformedFrame);
                            break;
                    }
                });
        }));
    if (!server.Hub.TryGetTopic("broadcast", out broadcast, out PublishStatus refused))
        throw new InvalidOperationException($"The broadcast topic was refused: {refused}.");
    await server.StartAsync(cancellation);
    Console.WriteLine($"PushLab on {server.Addresses[0]}, poller {poller}, {loops} loops");
    Console.WriteLine(ServerLimits.Default);
    Console.WriteLine(EndpointOptions.Default);
    await server.WaitForShutdownAsync(cancellation);
    Console.WriteLine($"{GC.CollectionCount(0)} gen-0 collections, {GC.GetTotalAllocatedBytes()} bytes allocated");
}
