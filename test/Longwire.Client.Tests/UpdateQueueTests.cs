using CsCheck;

namespace Longwire.ClientTests;

/// <summary>A subscription's queue, against what it promises.</summary>
public sealed class UpdateQueueTests
{
    [Fact]
    public void A_newer_message_takes_the_place_of_an_older_one_of_its_topic_when_no_more_may_wait()
    {
        var queue = new UpdateQueue(new FeedSubscribeOptions { MaxUpdates = 2 });
        foreach (FeedUpdate update in new[] { Value("a", 1), Value("b", 1), Value("a", 2), Value("c", 1) })
            Assert.True(queue.Add(update));
        Assert.Equal(["dropped 1", "b 1 1", "c 1 1"], TakeAll(queue));
    }

    [Fact]
    public void A_message_takes_no_place_before_a_mark_or_a_gap()
    {
        var queue = new UpdateQueue(new FeedSubscribeOptions { MaxUpdates = 3 });
        queue.Add(Value("a", 1));
        queue.Add(Mark(FeedUpdateKind.Complete));
        queue.Add(Value("b", 1));
        queue.Add(new FeedUpdate(FeedUpdateKind.Gap, "b", 0, default, 5, 1));
        queue.Add(Value("b", 7)); // for this the oldest goes
        Assert.Equal(["dropped 1", "complete ", "b 1 1", "gap b 5", "b 7 7"], TakeAll(queue));
    }

    [Theory]
    [InlineData(SlowConsumerPolicy.DropOldest, "dropped 2,a 3 3,a 4 4")]
    [InlineData(SlowConsumerPolicy.DropNewest, "dropped 2,a 1 1,a 2 2")]
    [InlineData(SlowConsumerPolicy.Latest, "a 1 1,a 4 4")]
    public void Policies(SlowConsumerPolicy policy, string expected)
    {
        var queue = new UpdateQueue(new FeedSubscribeOptions { MaxUpdates = 2, Policy = policy });
        for (int i = 1; i <= 4; i++)
            queue.Add(Value("a", i));
        Assert.Equal(expected.Split(','), TakeAll(queue));
    }

    [Fact]
    public void Bytes_are_bounded_as_well_and_one_large_message_passes()
    {
        var queue = new UpdateQueue(new FeedSubscribeOptions { MaxBytes = 10, Policy = SlowConsumerPolicy.DropOldest });
        queue.Add(Value("a", 1, bytes: 100));
        Assert.StartsWith("a 1 ", Assert.Single(TakeAll(queue)), StringComparison.Ordinal);
        queue.Add(Value("a", 2, bytes: 6));
        queue.Add(Value("b", 1, bytes: 6));
        Assert.Equal(["dropped 1", "b 1 xxxxxx"], TakeAll(queue));
    }

    [Fact]
    public async Task The_reader_waits_is_woken_and_is_cancelled()
    {
        var queue = new UpdateQueue(FeedSubscribeOptions.Default);
        Task<(bool, FeedUpdate)> waiting = queue.TakeAsync(CancellationToken.None).AsTask();
        Assert.False(waiting.IsCompleted);
        queue.Add(Value("a", 1));
        Assert.Equal("a 1 1", $"{(await waiting).Item2}");
        using var enough = new CancellationTokenSource();
        waiting = queue.TakeAsync(enough.Token).AsTask();
        await enough.CancelAsync();
        await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        queue.Add(Value("a", 2));
        queue.End(null);
        queue.End(new InvalidOperationException("too late"));
        Assert.True(queue.Add(Value("a", 3))); // nobody is there
        Assert.Equal(["a 2 2"], TakeAll(queue));
        Assert.False((await queue.TakeAsync(CancellationToken.None)).Taken);
    }

    /// <summary>Whatever comes and whenever it is taken: order per topic, bounds, and every loss is told.</summary>
    [Fact]
    public void Nothing_is_lost_silently_and_nothing_overtakes() =>
        Gen.Select(
            Gen.Enum<SlowConsumerPolicy>(), Gen.Int[1, 5], Gen.Int[1, 20],
            Gen.Select(Gen.Int[0, 9], Gen.Int[0, 2], Gen.Int[1, 8]).Array[0, 60])
            .Sample(static (policy, maxUpdates, maxBytes, steps) =>
            {
                if (policy == SlowConsumerPolicy.Disconnect)
                    return;
                var queue = new UpdateQueue(new FeedSubscribeOptions
                {
                    Policy = policy,
                    MaxUpdates = maxUpdates,
                    MaxBytes = maxBytes,
                });
                long[] published = new long[3];
                long[] seen = new long[3];
                long taken = 0;
                long dropped = 0;
                int marks = 0;
                foreach ((int step, int topic, int bytes) in steps)
                {
                    if (step < 6)
                        queue.Add(Value($"{topic}", ++published[topic], bytes));
                    else if (step == 6)
                        queue.Add(Mark(FeedUpdateKind.Complete));
                    else
                        Take(TakeOne(queue));
                }
                while (TakeOne(queue) is { } update)
                    Take(update);
                Assert.InRange(marks, steps.Any(static s => s.Item1 == 6) ? 1 : 0, steps.Length);
                if (policy == SlowConsumerPolicy.Latest)
                {
                    Assert.True(taken + dropped <= published.Sum());
                    Assert.True(dropped > 0 || published.SequenceEqual(seen)); // the newest is what comes last
                }
                else
                {
                    Assert.Equal(published.Sum(), taken + dropped);
                }

                void Take(FeedUpdate? next)
                {
                    if (next is not { } update)
                        return;
                    if (update.Kind == FeedUpdateKind.Dropped)
                        dropped += update.Count;
                    if (update.Kind == FeedUpdateKind.Complete)
                        marks++;
                    if (update.Kind != FeedUpdateKind.Value)
                        return;
                    int topic = int.Parse(update.Topic, null);
                    Assert.True(update.Sequence > seen[topic]);
                    seen[topic] = update.Sequence;
                    taken++;
                }
            });

    private static FeedUpdate Value(string topic, long sequence, int bytes = 0) => new(
        FeedUpdateKind.Value, topic, sequence,
        bytes == 0 ? System.Text.Encoding.ASCII.GetBytes($"{sequence}") : Enumerable.Repeat((byte)'x', bytes).ToArray(),
        0, 1);

    private static FeedUpdate Mark(FeedUpdateKind kind) => new(kind, "", 0, default, 0, 1);

    /// <summary>What is there; nobody is left waiting, who would take what comes later.</summary>
    private static FeedUpdate? TakeOne(UpdateQueue queue)
    {
        using var enough = new CancellationTokenSource();
        Task<(bool Taken, FeedUpdate Update)> taking = queue.TakeAsync(enough.Token).AsTask();
        if (!taking.IsCompleted)
        {
            enough.Cancel();
            return null;
        }
        (bool taken, FeedUpdate update) = taking.Result;
        return taken ? update : null;
    }

    private static string[] TakeAll(UpdateQueue queue)
    {
        var all = new List<string>();
        while (TakeOne(queue) is { } update)
            all.Add($"{update}");
        return [.. all];
    }
}
