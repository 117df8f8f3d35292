using System.Text;
using Longwire.Primitives;

namespace Longwire.HubTests;

/// <summary>A loop without a thread: the test says when it runs what was posted.</summary>
internal sealed class SteppedInbox : Inbox
{
    internal int Step() => RunPosted();

    internal void StepToEnd()
    {
        while (!IsEmpty)
            Step();
    }

    protected override void OnPostedWhileParked()
    {
    }
}

/// <summary>Frames that are the message as it is.</summary>
internal sealed class PlainEncoder(Hub hub, SlabPool pool) : MessageEncoder(hub)
{
    internal int Encoded { get; private set; }

    /// <summary>The sequence number that it has no frame for.</summary>
    internal long Refused { get; set; }

    protected override Frame? Encode(Topic topic, long sequence, Frame payload)
    {
        Encoded++;
        if (sequence == Refused)
            return null;
        if (!pool.TryRentFrame(payload.Length, out Frame? frame))
            return null;
        payload.Span.CopyTo(frame.Span);
        return frame;
    }

    internal override Frame? EncodeGap(Topic topic, long count) => null;

    internal override Frame? EncodeSnapshotEnd(TopicFilter filter) => null;
}

/// <summary>What a subscriber was told, in order.</summary>
internal enum Told
{
    Message,
    Gap,
    End,
}

/// <summary>One thing that a subscriber was told.</summary>
internal readonly record struct Entry(Told What, string Topic, long Sequence, string Text);

/// <summary>Writes down what it is told.</summary>
internal sealed class RecordingSubscriber(long id, MessageEncoder encoder) : ISubscriber
{
    internal List<Entry> Entries { get; } = [];

    internal IEnumerable<string> Texts =>
        Entries.Where(static entry => entry.What == Told.Message).Select(static entry => entry.Text);

    internal int Ends => Entries.Count(static entry => entry.What == Told.End);

    /// <summary>Times that several messages came as one.</summary>
    internal int Batches { get; private set; }

    /// <summary>Messages that there was no frame for.</summary>
    internal int Refused { get; private set; }

    internal bool Throws { get; set; }

    public long SubscriberId => id;

    public void Deliver(Subscription subscription, Delivery delivery)
    {
        if (Throws)
            throw new InvalidOperationException("on purpose");
        if (!delivery.Parts.IsEmpty)
        {
            if (delivery.GetFrame(encoder) is { } joined)
            {
                Batches++;
                IEnumerable<string> parts = delivery.Parts.ToArray().Select(part => Text(part.GetFrame(encoder)!));
                Assert.Equal(string.Concat(parts), Text(joined));
            }
            foreach (Delivery part in delivery.Parts)
                Deliver(subscription, part);
            return;
        }
        if (delivery.GetFrame(encoder) is not { } frame)
        {
            Refused++;
            return;
        }
        Entries.Add(new Entry(
            Told.Message, delivery.Cursor.Topic.Name, delivery.Sequence, Text(frame)));
    }

    /// <summary>Messages of a resumed subscription that are taken before there is no room.</summary>
    internal int Room { get; set; } = int.MaxValue;

    public bool TryDeliver(Subscription subscription, Delivery delivery)
    {
        if (Room == 0)
            return false;
        Room--;
        Deliver(subscription, delivery);
        return true;
    }

    public void DeliverGap(Subscription subscription, TopicCursor cursor, long count) =>
        Entries.Add(new Entry(Told.Gap, cursor.Topic.Name, count, ""));

    public void DeliverSnapshotEnd(Subscription subscription) => Entries.Add(new Entry(Told.End, "", 0, ""));

    private static string Text(LocalFrame frame) => Encoding.UTF8.GetString(frame.Frame.Span);
}

/// <summary>A hub with loops that are stepped by hand; its end checks that every lease was returned.</summary>
internal sealed class HubBench : IDisposable
{
    private readonly List<(Subscription Subscription, HubLoop Loop)> _live = [];

    internal HubBench(int loops = 1, HubOptions? options = null)
    {
        Hub = new Hub(Pool, options);
        Encoder = new PlainEncoder(Hub, Pool);
        for (int i = 0; i < loops; i++)
        {
            Inboxes.Add(new SteppedInbox());
            Loops.Add(Hub.AddLoop(i, Inboxes[i]));
        }
    }

    internal SlabPool Pool { get; } = new(new SlabPoolOptions { Poison = true });

    internal Hub Hub { get; }

    internal PlainEncoder Encoder { get; }

    internal List<SteppedInbox> Inboxes { get; } = [];

    internal List<HubLoop> Loops { get; } = [];

    public void Dispose()
    {
        foreach ((Subscription subscription, HubLoop loop) in _live)
            loop.Unsubscribe(subscription);
        Settle();
        Hub.Clear();
        Assert.All(Loops, static loop => Assert.Equal(0, loop.Frames.InUse));
        Assert.Equal(0, Pool.Snapshot().Leases);
    }

    internal RecordingSubscriber NewSubscriber(long id = 1) => new(id, Encoder);

    internal Subscription Subscribe(
        ISubscriber subscriber, string filter, int loop = 0, SubscribeOptions? options = null)
    {
        Subscription subscription = Loops[loop].Subscribe(subscriber, TopicFilter.Parse(filter), options);
        _live.Add((subscription, Loops[loop]));
        return subscription;
    }

    internal void Unsubscribe(Subscription subscription)
    {
        int index = _live.FindIndex(pair => pair.Subscription == subscription);
        _live[index].Loop.Unsubscribe(subscription);
        _live.RemoveAt(index);
    }

    internal Subscription SubscribeLive(ISubscriber subscriber, string filter, int loop = 0)
    {
        Subscription subscription = Subscribe(subscriber, filter, loop);
        Complete(subscription, loop);
        return subscription;
    }

    internal void Complete(Subscription subscription, int loop = 0)
    {
        while (Loops[loop].AdvanceSnapshot(subscription))
        {
        }
    }

    internal PublishResult Publish(string topic, string text, long except = 0) =>
        Hub.Publish(topic, Encoding.UTF8.GetBytes(text), except);

    internal void Settle()
    {
        while (Inboxes.Exists(static inbox => !inbox.IsEmpty))
            Inboxes.ForEach(static inbox => inbox.StepToEnd());
    }
}
