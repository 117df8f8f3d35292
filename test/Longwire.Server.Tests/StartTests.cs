using System.Net;
using System.Net.Sockets;
using Longwire.Primitives;

namespace Longwire.ServerTests;

/// <summary>A start that fails says why and leaves nothing behind.</summary>
public sealed class StartTests
{
    public static TheoryData<PollerKind> Pollers => ServerBench.Pollers;

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_start_without_memory_for_its_loops_frees_its_address(PollerKind poller)
    {
        using var reserved = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        reserved.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        string address = $"tcp://{reserved.LocalEndPoint}";
        reserved.Dispose();
        await using TcpServer starved = Echo(address, o => o.Loops(64).Poller(poller)
            .Memory(new SlabPoolOptions { CeilingBytes = 1 << 20 }));
        InsufficientMemoryException refused = await Assert.ThrowsAsync<InsufficientMemoryException>(
            () => starved.StartAsync(TestContext.Current.CancellationToken));
        Assert.Contains("ceiling", refused.Message, StringComparison.Ordinal);
        Assert.Equal(0, starved.Pool.Snapshot().Leases);
        await using TcpServer fed = Echo(address, o => o.Loops(1).Poller(poller));
        await fed.StartAsync(TestContext.Current.CancellationToken);
        Assert.Equal(address, fed.Addresses[0]);
    }

    [Fact]
    public void A_budget_that_is_no_portion_for_each_loop_is_refused()
    {
        ArgumentException refused = Assert.Throws<ArgumentException>(() => Echo("tcp://127.0.0.1:0", o => o.Loops(3)
            .Limits(new ServerLimits { OutboxBudgetBytes = (3 * 262_144) - 1 })));
        Assert.Contains(
            "ServerLimits.OutboxBudgetBytes must be at least 786432", refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_optional_endpoint_that_cannot_be_bound_is_left_out_and_told()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        string address = $"tcp://{taken.LocalEndpoint}";
        await using TcpServer server = Echo("tcp://127.0.0.1:0", o => o.Listen(address, static e => e
            .Framing(Lines.Utf8(maxBytes: 100)).OnMessage(static (connection, line) => connection.Send(line))
            .Optional()));
        await server.StartAsync(TestContext.Current.CancellationToken);
        Assert.Single(server.Addresses);
        Assert.Equal(address, Assert.Single(server.Unbound).Address.ToString());
        await server.CheckLoopsAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Optional_endpoints_alone_must_not_all_fail()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        await using TcpServer server = TcpServer.Create(o => o.Listen($"tcp://{taken.LocalEndpoint}", static e => e
            .Framing(Lines.Utf8(maxBytes: 100)).Optional()));
        await Assert.ThrowsAsync<ListenException>(() => server.StartAsync(TestContext.Current.CancellationToken));
        await Assert.ThrowsAsync<InvalidOperationException>(
            () => server.CheckLoopsAsync(TestContext.Current.CancellationToken));
    }

    private static TcpServer Echo(string address, Action<TcpServerBuilder> more) => TcpServer.Create(o =>
    {
        o.Listen(address, static e => e
            .Framing(Lines.Utf8(maxBytes: 100)).OnMessage(static (connection, line) => connection.Send(line)));
        more(o);
    });
}
