using System.Text.Json;
using Longwire.FeedTests;
using Longwire.Protocols.Feed;

namespace Longwire.Samples.Tests.Programs;

/// <summary>The Windows service, as what it is elsewhere: a program in a console.</summary>
public sealed class WindowsServiceTests
{
    [Fact]
    public async Task It_publishes_answers_its_command_and_ends_on_a_signal()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no SIGTERM.");
        await using SampleProcess service = await SampleProcess.Start(
            "WindowsService", "--longwire:endpoints:feed:listen=127.0.0.1:0");
        FeedPeer peer = await service.Connect();
        peer.Subscribe("status/#");
        IReadOnlyDictionary<string, string> value = await peer.Expect(FeedType.Value);
        Assert.Equal("status/process", value["topic"]);
        using JsonDocument status = JsonDocument.Parse(Convert.FromHexString(value["payload"]));
        Assert.True(status.RootElement.GetProperty("memoryBytes").GetInt64() > 1 << 20);
        Assert.True(status.RootElement.GetProperty("threads").GetInt32() > 0);
        await peer.Expect(FeedType.SnapshotEnd);
        await peer.Expect(FeedType.Value); // the next second's

        FeedPeer commander = await service.Connect();
        commander.Command(2, "collect");
        Assert.EndsWith(" bytes freed", await commander.ExpectReply(2), StringComparison.Ordinal);
        commander.Command(3, "explode");
        await commander.ExpectError(3, FeedErrorCode.UnknownCommand, "name");
        await service.Terminate();
    }
}
