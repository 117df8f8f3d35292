using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Longwire.FeedTests;
using Longwire.Protocols.Feed;
using Longwire.Samples.StatusFeed;
using Longwire.ServerTests;
using Longwire.Transport;
using Microsoft.Extensions.Time.Testing;

namespace Longwire.Samples.Tests.Programs;

/// <summary>Status out, commands in.</summary>
public sealed class StatusFeedTests
{
    public static TheoryData<PollerKind> Pollers => EveryPoller.Kinds;

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task Who_watches_gets_what_there_is_and_then_what_changes(PollerKind poller)
    {
        var time = new FakeTimeProvider();
        await using StatusServer server = await Start(time, poller);
        using FeedPeer peer = await Connect(server);
        peer.Subscribe("status/job/#");
        string[] snapshot = [await peer.ExpectValue(), await peer.ExpectValue(), await peer.ExpectValue()];
        Assert.Equal(
            [
                """status/job/backup 1 {"state":"running","done":0}""",
                """status/job/import 1 {"state":"running","done":0}""",
                """status/job/report 1 {"state":"running","done":0}""",
            ],
            snapshot.Order(StringComparer.Ordinal));
        await peer.Expect(FeedType.SnapshotEnd);
        time.Advance(TimeSpan.FromSeconds(1));
        string[] change = [await peer.ExpectValue(), await peer.ExpectValue(), await peer.ExpectValue()];
        Assert.Equal("""status/job/backup 2 {"state":"running","done":1}""", change.Min(StringComparer.Ordinal));
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_command_is_told_to_who_watches_and_then_answered(PollerKind poller)
    {
        var time = new FakeTimeProvider();
        await using StatusServer server = await Start(time, poller);
        using FeedPeer watcher = await Connect(server);
        watcher.Subscribe("status/job/import");
        Assert.Equal("""status/job/import 1 {"state":"running","done":0}""", await watcher.ExpectValue());
        await watcher.Expect(FeedType.SnapshotEnd);
        using FeedPeer commander = await Connect(server);
        commander.Command(2, "pause", "import");
        Assert.Equal("import is paused", await commander.ExpectReply(2));
        Assert.Equal("""status/job/import 2 {"state":"paused","done":0}""", await watcher.ExpectValue());
        commander.Command(3, "pause", "import");
        Assert.Equal("import is paused already", await commander.ExpectReply(3));
        time.Advance(TimeSpan.FromSeconds(1)); // a paused job does nothing
        commander.Command(4, "resume", "import");
        Assert.Equal("import is running", await commander.ExpectReply(4));
        Assert.Equal("""status/job/import 3 {"state":"running","done":0}""", await watcher.ExpectValue());
    }

    [Fact]
    public async Task The_sample_s_own_client_follows_and_commands()
    {
        await using StatusServer server = await Start(new FakeTimeProvider(), PollerKind.Automatic);
        using var enough = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        using var output = new Lines();
        Task watching = StatusClient.WatchAsync(server.Address, output, enough.Token);
        Assert.Equal("import is paused", await Wait.For(
            StatusClient.CommandAsync(server.Address, "pause", "import"), "the command"));
        await Wait.Until(
            () => output.Written.Contains("status/job/import {\"state\":\"paused\",\"done\":0}"), "the change");
        await enough.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => watching);
    }

    [Fact]
    public async Task A_wrong_command_is_told_what_would_be_right()
    {
        await using StatusServer server = await Start(new FakeTimeProvider(), PollerKind.Automatic);
        using FeedPeer peer = await Connect(server);
        peer.Command(2, "pause", "imprt");
        Assert.Equal(
            "there is no job 'imprt'; there are backup, import, report",
            await peer.ExpectError(2, FeedErrorCode.CommandFailed, "name"));
        peer.Command(3, "explode");
        await peer.ExpectError(3, FeedErrorCode.UnknownCommand, "name");
    }

    [Fact]
    public async Task The_program_serves_and_ends_on_a_signal()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no SIGTERM.");
        await using SampleProcess program =
            await SampleProcess.Start("StatusFeed", "serve", "--listen", "tcp://127.0.0.1:0");
        FeedPeer peer = await program.Connect();
        peer.Subscribe("status/process");
        Assert.Matches(
            """^status/process \d+ \{"uptimeSeconds":\d+,"memoryBytes":\d{7,}\}$""", await peer.ExpectValue());
        await program.Terminate();
    }

    private static async Task<StatusServer> Start(FakeTimeProvider time, PollerKind poller)
    {
        var server = new StatusServer("tcp://127.0.0.1:0", time, poller);
        await server.StartAsync(TestContext.Current.CancellationToken);
        return server;
    }

    private static async Task<FeedPeer> Connect(StatusServer server)
    {
        FeedPeer peer = await FeedPeer.Dial((IPEndPoint)ListenAddress.Parse(server.Address).EndPoint);
        peer.Send(static output => FeedHello.Write(output, 1, FeedFeatures.None, 0, 0, TimeSpan.Zero, "test"));
        await peer.Expect(FeedType.Hello);
        return peer;
    }

    /// <summary>What another thread writes.</summary>
    private sealed class Lines : TextWriter
    {
        internal ConcurrentQueue<string> Written { get; } = [];

        public override Encoding Encoding => Encoding.UTF8;

        public override Task WriteLineAsync(string? value)
        {
            Written.Enqueue(value ?? "");
            return Task.CompletedTask;
        }
    }
}
