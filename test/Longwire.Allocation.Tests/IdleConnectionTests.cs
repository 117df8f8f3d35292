using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Longwire.Transport.Epoll;
using Longwire.Transport.Layers;

namespace Longwire.Allocation.Tests;

/// <summary>
/// What an idle, subscribed connection costs on the heap is what docs/internals/memory.md says, item by item.
/// </summary>
[Collection(AllocationCollection.Name)]
public sealed partial class IdleConnectionTests
{
    private const string Sum = "**sum**";
    private const int Goal = 512;
    private const int First = 600; // lists double at 512 and at 1,024, and the tables' chunks hold 1,024
    private const int Last = 1000;

    [Fact]
    [Trait("Category", "Allocation")]
    public async Task An_idle_connection_allocates_its_objects_and_nothing_else()
    {
        Assert.SkipUnless(EpollPoller.IsSupported, "the epoll poller is for Linux on x64");
        Assert.SkipUnless(FanOutAllocationTests.IsOptimised, FanOutAllocationTests.NotOptimised);
        TopicFilter filter = TopicFilter.Parse("idle");
        await using TcpServer server = TcpServer.Create(o => o
            .Loops(1)
            .Poller(PollerKind.Epoll)
            .Listen("tcp://127.0.0.1:0", e => e
                .Framing(LengthPrefix.BigEndian32(maxBytes: 4096))
                .OnMessageInline((connection, message) =>
                {
                    connection.Subscribe(filter);
                    connection.Send(message.Span);
                })));
        await server.StartAsync(TestContext.Current.CancellationToken);
        IPEndPoint address = IPEndPoint.Parse(server.Addresses[0]["tcp://".Length..]);
        var clients = new List<FanOut.Client>(Last);
        long before = 0;
        for (int i = 0; i < Last; i++)
        {
            if (i == First)
                before = await AllocatedByAsync(server.Hosts[0]);
            clients.Add(new FanOut.Client(address, isSlow: false));
        }
        long allocated = await AllocatedByAsync(server.Hosts[0]) - before;
        clients.ForEach(static client => client.Socket.Dispose());
        int objects = Items()["`Connection<TSession>`"] + Items()["`EpollWire`"] + Items()["`Subscription`"];
        // What is allocated beside is per loop, not per connection: an entry of a pool that grew by one, say.
        Assert.InRange(allocated, (long)objects * (Last - First), (objects * (Last - First)) + 1024);
    }

    [Fact]
    public void The_documented_sum_is_that_of_the_objects()
    {
        Assert.SkipUnless(EpollPoller.IsSupported, "the sizes are those of Linux on x64");
        Dictionary<string, int> items = Items();
        AssertSum(items);
        Assert.InRange(items[Sum], 1, Goal);
        Assert.Equal(SizeOf(typeof(Connection<object>)), items["`Connection<TSession>`"]);
        Assert.Equal(SizeOf(typeof(EpollPoller).Assembly.GetType("Longwire.Transport.Epoll.EpollWire", true)!),
            items["`EpollWire`"]);
        Assert.Equal(SizeOf(typeof(Subscription)), items["`Subscription`"]);
        // What is fetched ahead is the whole object.
        Assert.Equal(TopicCursor.SubscriberBytes, items["`Connection<TSession>`"]);
        Assert.Equal(TopicCursor.SubscriptionBytes, items["`Subscription`"]);
        Assert.Equal(Connection.WireBytes, items["`EpollWire`"]);
        Assert.Equal(OutboxEntry.Bytes, SizeOf(typeof(OutboxEntry)));
        foreach (Type more in (Type[])[typeof(ConnectionExtras), typeof(PushQueue)])
            Assert.Contains($"`{more.Name}`, {SizeOf(more)} bytes", Document(), StringComparison.Ordinal);
    }

    [Fact]
    public void The_documented_sum_of_layers_is_that_of_the_objects()
    {
        Assert.SkipUnless(EpollPoller.IsSupported, "the sizes are those of Linux on x64");
        Dictionary<string, int> items = Items("## With TLS");
        AssertSum(items);
        Type[] objects = [typeof(LayeredWire), typeof(WireStream), typeof(LayerContext), typeof(TlsSession)];
        foreach (Type type in objects)
            Assert.Equal(SizeOf(type), items[$"`{type.Name}`"]);
        Assert.Equal(SizeOf(typeof(List<Stream>)), items["list of the streams"]);
        Assert.Equal(SizeOf(typeof(Action)), items["delegate"]);
    }

    private static void AssertSum(Dictionary<string, int> items) =>
        Assert.Equal(items[Sum], items.Values.Sum() - items[Sum]);

    private static async Task<long> AllocatedByAsync(LoopHost host)
    {
        var bytes = new TaskCompletionSource<long>(TaskCreationOptions.RunContinuationsAsynchronously);
        host.Post(() => bytes.SetResult(GC.GetAllocatedBytesForCurrentThread()));
        return await bytes.Task.WaitAsync(TimeSpan.FromSeconds(20), TestContext.Current.CancellationToken);
    }

    /// <summary>
    /// The size of an object with its header: the second word of its method table (docs/design/coreclr/botr in the
    /// runtime's repository).
    /// </summary>
    private static int SizeOf(Type type)
    {
        RuntimeHelpers.RunClassConstructor(type.TypeHandle);
        return Marshal.ReadInt32(type.TypeHandle.Value, sizeof(int));
    }

    private static string Document([CallerFilePath] string here = "") =>
        File.ReadAllText(Path.Combine(Path.GetDirectoryName(here)!, "../../docs/internals/memory.md"));

    /// <summary>The first table after a heading.</summary>
    private static Dictionary<string, int> Items(string heading = "# Memory")
    {
        string text = Document();
        text = text[text.IndexOf($"{heading}", StringComparison.Ordinal)..];
        text = text[text.IndexOf("|---", StringComparison.Ordinal)..];
        return Row().Matches(text[..text.IndexOf("\n\n", StringComparison.Ordinal)]).ToDictionary(
            static row => row.Groups["item"].Value,
            static row => int.Parse(row.Groups["bytes"].Value, CultureInfo.InvariantCulture));
    }

    [GeneratedRegex(@"^\| (?<item>[^|]+?) \| \**(?<bytes>[0-9]+)\** \|", RegexOptions.Multiline)]
    private static partial Regex Row();
}
