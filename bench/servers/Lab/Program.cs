// PushLab (samples/PushLab) with what experiments turn on: handlers on the pool that block, garbage, a second port for
// commands, another address than loopback. The collector is the environment's: DOTNET_gcServer, DOTNET_gcConcurrent.
// What it did is printed at the end.
using System.CommandLine;
using System.Globalization;
using System.Runtime;
using Longwire;
using PushLab;

// The server drains on SIGTERM by itself; the parser would end the process after 2 s.
return await Settings.Command(ServeAsync).Parse(args)
    .InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });

static async Task ServeAsync(Settings settings, CancellationToken cancellation)
{
    var lab = new Protocol(settings.Slow);
    await using TcpServer server = TcpServer.Create(o =>
    {
        o.Loops(settings.Loops).Poller(settings.Poller).Hub(Protocol.Hub);
        o.Listen($"tcp://{settings.Address}:{settings.Port}", e =>
        {
            e.Framing(Protocol.Framing).SlowConsumer(settings.SlowConsumer);
            if (settings.Handler == HandlerKind.Pool)
                e.OnMessage(lab.OnPool);
            else
                e.OnMessageInline(lab.OnLoop);
        });
        if (settings.Commands is { } port)
            o.Listen($"tcp://{settings.Address}:{port}", e => e.Framing(Protocol.Framing).OnMessage(lab.OnPool));
    });
    lab.Open(server);
    await server.StartAsync(cancellation);
    Console.WriteLine($"lab on {string.Join(" and ", server.Addresses)}; {settings}");
    using var end = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
    Task garbage = settings.Allocate > 0 ? new Garbage(settings.Allocate).MakeAsync(end.Token) : Task.CompletedTask;
    await server.WaitForShutdownAsync(cancellation);
    await end.CancelAsync();
    await garbage.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    Console.WriteLine(string.Create(
        CultureInfo.InvariantCulture,
        $"collector {(GCSettings.IsServerGC ? "server" : "workstation")} {GCSettings.LatencyMode}, collections "
        + $"{GC.CollectionCount(0)} {GC.CollectionCount(1)} {GC.CollectionCount(2)}, paused "
        + $"{GC.GetTotalPauseDuration().TotalMilliseconds:0} ms, allocated {GC.GetTotalAllocatedBytes() / 1e6:0} MB"));
}
