using Longwire.Load.Protocols;
using Longwire.Load.Results;

namespace Longwire.Load.Tests;

/// <summary>Compressed fan-outs, with status records and private data between them.</summary>
public sealed class DeflateTests
{
    [Theory]
    [InlineData("--connections 20 --size 500")]
    [InlineData("--connections 5 --size 100000 --window 1")] // more than the buffers hold; two would be conflated
    public async Task A_good_server_gives_a_good_result(string arguments)
    {
        await using PushServer server = await PushServer.StartAsync();
        await using var front = Front.Deflate(server.Address);

        (int code, LoadResult? result, string said) = await Captured.MeasureAsync(
        [
            "fanout", .. arguments.Split(' '), .. "--body status --private 3 --deflate --duration 200ms".Split(' '),
            "--server", front.Address,
        ]);

        Assert.True(code == 0 && result is { Good: true }, said);
        IReadOnlyDictionary<string, long> counts = result.Runs[0].Counts;
        Assert.True(counts["privateAnswers"] > 0, said);
        Assert.InRange(counts["deflatedBytes"], 1, counts["inflatedBytes"] - 1);
    }

    [Fact]
    public async Task Private_data_that_is_damaged_is_found_out()
    {
        await using PushServer server = await PushServer.StartAsync(Fault.DamagesBodies);

        (int code, LoadResult? result, string said) = await Captured.MeasureAsync(
        [
            .. "fanout --connections 1 --private 1 --duration 50ms".Split(' '), "--server", server.Address,
        ]);

        Assert.True(code == 1 && result is { Good: false }, said);
        Assert.True(result.Runs[0].Counts["corrupted"] >= result.Runs[0].Counts["privateAnswers"], said);
    }

    [Fact]
    public async Task What_is_no_deflate_is_said()
    {
        await using PushServer server = await PushServer.StartAsync();

        (int code, _, string said) = await Captured.MeasureAsync(
            [.. "fanout --connections 1 --deflate --size 5000 --duration 1s".Split(' '), "--server", server.Address]);

        Assert.Equal(1, code);
        Assert.Contains("1 of 1 connections", said, StringComparison.Ordinal);
    }

    [Fact]
    public void A_status_is_another_one_in_every_message_and_the_same_in_every_process()
    {
        byte[][] messages = [.. Enumerable.Range(1, 251).Select(static number =>
        {
            byte[] message = new byte[PushMessage.HeaderBytes + 200];
            PushMessage.Write(message, 0, number, 0, MessageBody.Status);
            return message;
        })];

        Assert.Equal(251, messages.Select(static one => Convert.ToHexString(one.AsSpan(PushMessage.HeaderBytes)))
            .Distinct().Count());
        Assert.All(messages, static one => Assert.DoesNotContain(one.AsSpan(PushMessage.HeaderBytes).ToArray(),
            static letter => letter is not (10 or (>= 32 and < 127))));
        Assert.StartsWith("{\"host\":\"node-00\",\"time\":\"2026-01-01T00:00:00.", System.Text.Encoding.ASCII.GetString(
            StatusText.At(0, 60)), StringComparison.Ordinal);
        Assert.True(PushMessage.HasBody(messages[6], 7, MessageBody.Status));
        Assert.False(PushMessage.HasBody(messages[6], 8, MessageBody.Status));
        Assert.False(PushMessage.HasBody(messages[6], 7));
    }
}
