namespace Longwire.Primitives.Tests;

public sealed class InboxTests
{
    private readonly ManualInbox _inbox = new();
    private readonly List<string> _ran = [];

    [Fact]
    public void Work_runs_in_the_order_of_its_posts()
    {
        foreach (string name in (string[])["a", "b", "c"])
            Assert.True(_inbox.Post(Work(name)));
        Assert.Empty(_ran);
        Assert.False(_inbox.IsEmpty);
        Assert.Equal(3, _inbox.RunAll());
        Assert.Equal(["a", "b", "c"], _ran);
        Assert.True(_inbox.IsEmpty);
        Assert.Equal(0, _inbox.RunAll());
    }

    [Fact]
    public void Work_that_is_pending_is_not_posted_twice()
    {
        Work work = Work("a");
        Assert.True(_inbox.Post(work));
        Assert.False(_inbox.Post(work));
        Assert.Equal(1, _inbox.RunAll());
        Assert.True(_inbox.Post(work));
        Assert.Equal(1, _inbox.RunAll());
    }

    [Fact]
    public void What_is_posted_by_a_run_waits_for_the_next_call()
    {
        Work late = Work("late");
        Work again = Work("again");
        again.Then = () =>
        {
            Assert.True(_inbox.Post(again), "The flag is cleared before the run, so a run may ask for another one.");
            _inbox.Post(late);
        };
        _inbox.Post(again);
        Assert.Equal(1, _inbox.RunAll());
        again.Then = null;
        Assert.Equal(2, _inbox.RunAll());
        Assert.Equal(["again", "again", "late"], _ran);
    }

    [Fact]
    public void A_loop_that_is_awake_is_not_woken()
    {
        _inbox.Post(Work("a"));
        Assert.Equal(0, _inbox.PostedWhileParked);
    }

    [Fact]
    public void A_post_to_a_parked_loop_asks_for_one_wake_up()
    {
        Assert.True(_inbox.Park());
        Assert.True(_inbox.IsParked);
        _inbox.Post(Work("a"));
        Assert.Equal(1, _inbox.PostedWhileParked);
        Assert.True(_inbox.Claim());
        Assert.False(_inbox.Claim(), "Only one claimer wakes the loop.");
        _inbox.Post(Work("b"));
        Assert.Equal(1, _inbox.PostedWhileParked);
    }

    [Fact]
    public void A_loop_does_not_park_on_a_full_inbox()
    {
        _inbox.Post(Work("a"));
        Assert.False(_inbox.Park());
        Assert.False(_inbox.IsParked);
        _inbox.RunAll();
        Assert.True(_inbox.Park());
        _inbox.Wake();
        Assert.False(_inbox.IsParked);
    }

    [Fact]
    public void Posting_nothing_throws() => Assert.Throws<ArgumentNullException>(() => _inbox.Post(null!));

    [Fact, Trait("Category", "Allocation")]
    public void Posting_and_running_allocate_nothing()
    {
        Work[] works = [.. Enumerable.Range(0, 16).Select(_ => new Work(null, ""))];
        Allocations.AssertNone(() =>
        {
            foreach (Work work in works)
                _inbox.Post(work);
            _inbox.RunAll();
        });
    }

    private Work Work(string name) => new(_ran, name);

    private sealed class ManualInbox : Inbox
    {
        public int PostedWhileParked { get; private set; }

        public bool Park() => TryPark();

        public void Wake() => Unpark();

        public bool Claim() => ClaimWake();

        public int RunAll() => RunPosted();

        protected override void OnPostedWhileParked() => PostedWhileParked++;
    }
}

internal sealed class Work(List<string>? ran, string name) : LoopWork
{
    public Action? Then { get; set; }

    protected internal override void Run()
    {
        ran?.Add(name);
        Then?.Invoke();
    }
}
