namespace Longwire.Primitives.Tests;

/// <summary>The inbox between real threads: order, visibility, and no wake-up lost while the loop parks.</summary>
public sealed class InboxThreadTests
{
    private const int Producers = 3;

    [Fact]
    public void Each_producers_work_runs_once_and_in_its_order()
    {
        const int perProducer = 30_000;
        using var loop = new ThreadLoop();
        var seen = new int[Producers];
        using var all = new CountdownEvent(Producers * perProducer);
        Deadline.RunTogether("the producers to post", [.. Enumerable.Range(0, Producers).Select(id => (Action)(() =>
        {
            for (int i = 0; i < perProducer; i++)
                Assert.True(loop.Post(new Numbered(seen, id, i, all)));
        }))]);
        bool ended = all.Wait(Deadline.Limit, TestContext.Current.CancellationToken);
        Assert.True(ended, $"Waited {Deadline.Limit} for {all.CurrentCount} works to run.");
        Assert.Equal(Enumerable.Repeat(perProducer, Producers), seen);
    }

    [Fact]
    public void What_was_written_before_a_post_is_seen_by_a_run_even_when_the_post_was_not_needed()
    {
        const int rounds = 200_000;
        using var loop = new ThreadLoop();
        Mailbox[] boxes = [.. Enumerable.Range(0, Producers).Select(_ => new Mailbox(rounds))];
        Deadline.RunTogether("the producers to post", [.. boxes.Select(box => (Action)(() =>
        {
            for (int i = 1; i <= rounds; i++)
            {
                box.Written = i; // a plain write: the post must publish it, whether it adds an entry or not
                loop.Post(box);
            }
        }))]);
        foreach (Mailbox box in boxes)
            Deadline.Wait(box.Complete, "the last written number to be seen");
        loop.Stop();
        Assert.All(boxes, box => Assert.True(box.Runs <= rounds));
    }

    [Fact]
    public void No_wake_up_is_lost_between_posting_and_parking()
    {
        // Each producer waits for its answer, so the loop parks and is posted to at the same moment over and over.
        const int rounds = 10_000;
        using var loop = new ThreadLoop();
        Deadline.RunTogether("every post to be answered", [.. Enumerable.Range(0, 2).Select(_ => (Action)(() =>
        {
            var ping = new Ping();
            for (int i = 0; i < rounds; i++)
            {
                ping.Answered.Reset();
                Assert.True(loop.Post(ping));
                Deadline.Wait(ping.Answered, $"the answer to post {i}: its wake-up was lost");
            }
        }))]);
        Assert.True(loop.Parks > 0, "The loop never parked, so this test showed nothing.");
    }

    /// <summary>What a loop does with its inbox, without I/O.</summary>
    private sealed class ThreadLoop : Inbox, IDisposable
    {
        private readonly ManualResetEventSlim _wake = new(initialState: false, spinCount: 0);
        private readonly Thread _thread;
        private volatile bool _stopping;

        public ThreadLoop()
        {
            _thread = new Thread(Loop) { IsBackground = true };
            _thread.Start();
        }

        public int Parks { get; private set; }

        public void Stop()
        {
            _stopping = true;
            _wake.Set();
            Assert.True(_thread.Join(Deadline.Limit), "Waited for the loop to end.");
        }

        public void Dispose()
        {
            if (_thread.IsAlive)
                Stop();
            _wake.Dispose();
        }

        protected override void OnPostedWhileParked()
        {
            if (ClaimWake())
                _wake.Set();
        }

        private void Loop()
        {
            while (!_stopping)
            {
                RunPosted();
                if (!TryPark())
                    continue;
                Parks++;
                // Longer than any test: a lost wake-up must show, not be healed by a timeout.
                _wake.Wait(2 * Deadline.Limit);
                _wake.Reset();
                Unpark();
            }
        }
    }

    private sealed class Numbered(int[] seen, int producer, int number, CountdownEvent all) : LoopWork
    {
        protected internal override void Run()
        {
            // Out of order stops the count of this producer for good, and the final comparison shows where.
            if (seen[producer] == number)
                seen[producer]++;
            all.Signal();
        }
    }

    private sealed class Mailbox(int last) : LoopWork
    {
        public int Written;
        public int Runs;

        public ManualResetEventSlim Complete { get; } = new();

        protected internal override void Run()
        {
            Runs++;
            if (Written == last)
                Complete.Set();
        }
    }

    private sealed class Ping : LoopWork
    {
        public ManualResetEventSlim Answered { get; } = new();

        protected internal override void Run() => Answered.Set();
    }
}
