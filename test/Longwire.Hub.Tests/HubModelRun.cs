using System.Globalization;
using Longwire.Primitives;

namespace Longwire.HubTests;

/// <summary>
/// One seeded run: random publishes, subscribes, unsubscribes and snapshot steps over several loops, stepped in random
/// order, while a naive model says what each subscription must be told.
/// </summary>
internal sealed class HubModelRun
{
    private static readonly string[] s_names =
        ["a", "b", "a/b", "a/c", "a/b/c", "b/c", "$s/a", "x/1", "x/2", "x/3", "e/1", "e/2"];

    private static readonly string[] s_filters =
        ["a", "a/b", "x/1", "e/1", "#", "+", "a/#", "a/+", "+/b", "x/#", "$s/#", "e/#", "+/+/c"];

    private readonly Random _random;
    private readonly HubBench _bench;
    private readonly int _window;
    private readonly int _history;
    private readonly List<Model> _live = [];
    private readonly List<Model> _ended = [];
    private long _nextId;

    internal HubModelRun(int seed)
    {
        _random = new Random(seed);
        _window = _random.Next(3) == 0 ? _random.Next(1, 6) : 100_000;
        _history = _random.Next(3) switch { 0 => 0, 1 => _random.Next(1, 10), _ => 100_000 };
        var options = new TopicOptions
        {
            WindowEntries = _window,
            WindowBytes = 1 << 30,
            HistoryEntries = _history,
        };
        _bench = new HubBench(_random.Next(1, 5), new HubOptions
        {
            Topics =
            [
                (TopicFilter.Parse("e/#"), options with { Retention = Retention.None }),
                (TopicFilter.Parse("#"), options),
                (TopicFilter.Parse("$s/#"), options),
            ],
        });
    }

    private Dictionary<string, List<long>> Published { get; } = []; // per topic: who is excluded, by sequence - 1

    internal void Run(int steps)
    {
        for (int i = 0; i < steps; i++)
            Step();
        foreach (Model model in _live)
            Finish(model);
        _bench.Settle();
        foreach (Model model in _live)
            Check(model, isComplete: true);
        foreach (Model model in _ended)
            Check(model, isComplete: false);
        foreach (Model model in _live.ToArray())
            _bench.Unsubscribe(model.Subscription);
        _bench.Dispose(); // no lease is left
    }

    private void Step()
    {
        switch (_random.Next(12))
        {
            case 0 when _live.Count < 12:
                Subscribe();
                break;
            case 1 when _live.Count > 0 && _random.Next(3) == 0:
                Unsubscribe(_live[_random.Next(_live.Count)]);
                break;
            case 2 or 3:
                AdvanceSomeSnapshot();
                break;
            case 4 or 5:
                _bench.Inboxes[_random.Next(_bench.Inboxes.Count)].Step();
                break;
            case 6 when _random.Next(10) == 0:
                PublishBurst();
                break;
            default:
                Publish(s_names[_random.Next(s_names.Length)]);
                break;
        }
    }

    private void PublishBurst()
    {
        string name = s_names[_random.Next(s_names.Length)];
        for (int i = 0; i < 40; i++)
            Publish(name);
    }

    private void Publish(string name)
    {
        Model? excluded = _live.Count > 0 && _random.Next(4) == 0 ? _live[_random.Next(_live.Count)] : null;
        if (!Published.TryGetValue(name, out List<long>? messages))
            Published.Add(name, messages = []);
        messages.Add(excluded?.Subscriber.SubscriberId ?? 0);
        string text = messages.Count.ToString(CultureInfo.InvariantCulture);
        PublishResult result = _bench.Publish(name, text, excluded?.Subscriber.SubscriberId ?? 0);
        Assert.Equal((PublishStatus.Published, messages.Count), (result.Status, (int)result.Sequence));
        Assert.Equal(_live.Count(model => model.Subscription.Filter.Matches(name)), result.Matched);
    }

    private void Subscribe()
    {
        var subscriber = new RecordingSubscriber(++_nextId, _bench.Encoder);
        int loop = _random.Next(_bench.Loops.Count);
        string filter = s_filters[_random.Next(s_filters.Length)];
        var before = Published.ToDictionary(static pair => pair.Key, static pair => pair.Value.Count);
        Dictionary<string, long> positions = _random.Next(3) == 0 ? DrawPositions() : [];
        long epoch = _random.Next(8) == 0 ? 1 : _bench.Hub.Epoch;
        var options = new SubscribeOptions
        {
            Epoch = epoch,
            Positions = [.. positions.Select(static pair => new TopicPosition(pair.Key, pair.Value))],
        };
        Subscription subscription = _bench.Subscribe(subscriber, filter, loop, options);
        foreach ((string name, long position) in positions)
        {
            // What was never published, or from another life, means nothing.
            if (epoch != _bench.Hub.Epoch || position > before.GetValueOrDefault(name, -1))
                positions.Remove(name);
        }
        _live.Add(new Model(subscriber, subscription, loop, before, positions));
    }

    /// <summary>Where somebody was who was here before; now and then what nobody can know.</summary>
    private Dictionary<string, long> DrawPositions()
    {
        var positions = new Dictionary<string, long>();
        foreach (string name in s_names)
        {
            if (_random.Next(2) == 0)
                positions.Add(name, _random.Next(Published.GetValueOrDefault(name, []).Count + 2));
        }
        return positions;
    }

    private void Unsubscribe(Model model)
    {
        _bench.Unsubscribe(model.Subscription);
        model.AtEnd = Published.ToDictionary(static pair => pair.Key, static pair => pair.Value.Count);
        _live.Remove(model);
        _ended.Add(model);
    }

    private void AdvanceSomeSnapshot()
    {
        if (_live.Count == 0)
            return;
        Model model = _live[_random.Next(_live.Count)];
        for (int i = _random.Next(1, 6); i > 0; i--)
            Advance(model);
    }

    private bool Advance(Model model)
    {
        if (model.Subscription.IsLive)
            return false;
        model.Subscriber.Room = _random.Next(3) == 0 ? _random.Next(4) : int.MaxValue;
        int before = model.Subscriber.Entries.Count;
        bool more = _bench.Loops[model.Loop].AdvanceSnapshot(model.Subscription);
        // A step tells this subscription one retained value, or what it missed of a topic, or the mark, or nothing of
        // a topic that has none.
        for (int i = before; i < model.Subscriber.Entries.Count; i++)
        {
            Entry told = model.Subscriber.Entries[i];
            if (told.What == Told.End)
                Assert.False(more);
            else if (told.What == Told.Message && !model.Positions.ContainsKey(told.Topic)
                && model.Reached.Add(told.Topic))
                Assert.Equal(Published[told.Topic].Count, told.Sequence); // its newest at this moment
        }
        Assert.True(more || model.Subscription.IsLive || model.Subscriber.Room == 0, "no step and room for one");
        return !model.Subscription.IsLive;
    }

    private void Finish(Model model)
    {
        while (Advance(model))
        {
            if (_random.Next(4) == 0)
                Publish(s_names[_random.Next(s_names.Length)]);
        }
    }

    private void Check(Model model, bool isComplete)
    {
        List<Entry> entries = model.Subscriber.Entries;
        Assert.Equal(isComplete || model.Subscription.IsLive ? 1 : 0, model.Subscriber.Ends);
        int end = entries.FindIndex(static entry => entry.What == Told.End);
        Assert.All(entries, entry => Assert.True(
            entry.What == Told.End || model.Subscription.Filter.Matches(entry.Topic),
            $"{entry} was not subscribed to"));
        foreach ((string name, List<long> excluded) in Published)
        {
            if (!model.Subscription.Filter.Matches(name))
                continue;
            Entry[] told = [.. entries.Where(entry => entry.Topic == name)];
            bool isResumed = model.Positions.TryGetValue(name, out long resumed);
            bool retains = !isResumed && !name.StartsWith("e/", StringComparison.Ordinal);
            int before = isResumed ? (int)resumed : model.Before.GetValueOrDefault(name);
            if (retains && before > 0 && end >= 0)
                Assert.Contains(entries.Take(end), entry => entry.Topic == name && entry.What == Told.Message);
            try
            {
                CheckTopic(model, told, excluded, isComplete, retains, before);
            }
            catch (Exception exception)
            {
                throw new InvalidOperationException($"{name}: {Describe(model, told, excluded, before)}", exception);
            }
        }
    }

    private static string Describe(Model model, Entry[] told, List<long> excluded, int before) =>
        $"subscriber {model.Subscriber.SubscriberId} of {model.Subscription.Filter}, {before} before; excluded "
        + $"{string.Join(' ', excluded)}; told "
        + string.Join(' ', told.Select(static entry => $"{entry.What} {entry.Sequence}"));

    /// <summary>The snapshot's value, then each later message once, in order; what is missing was told.</summary>
    private void CheckTopic(
        Model model, Entry[] told, List<long> excluded, bool isComplete, bool retains, int before)
    {
        if (told.Length == 0)
        {
            bool allExcluded = excluded.Skip(before).All(id => id == model.Subscriber.SubscriberId);
            Assert.True(!isComplete || allExcluded || excluded.Count == 0, $"{model} was told nothing");
            return;
        }
        // A topic that retains begins with the snapshot's value; others with what came after the subscribe.
        bool hasValue = retains && told[0].What == Told.Message;
        long start = hasValue ? told[0].Sequence : before;
        if (hasValue)
            Assert.True(told[0].Sequence >= before, $"{told[0]} is older than the subscribe");
        long position = start;
        long gaps = 0;
        int messages = 0;
        foreach (Entry entry in told.Skip(hasValue ? 1 : 0))
        {
            if (entry.What == Told.Gap)
            {
                gaps += entry.Sequence;
                position += entry.Sequence;
                continue;
            }
            messages++;
            Assert.True(entry.Sequence > position, $"{entry} after {position}");
            // Nothing is lost that was not told; behind a gap its own messages are not told from those that it lost.
            for (long lost = position + 1; gaps == 0 && lost < entry.Sequence; lost++)
                Assert.Equal(model.Subscriber.SubscriberId, excluded[(int)lost - 1]);
            Assert.Equal(entry.Sequence.ToString(CultureInfo.InvariantCulture), entry.Text);
            Assert.NotEqual(model.Subscriber.SubscriberId, excluded[(int)entry.Sequence - 1]);
            position = entry.Sequence;
        }
        bool keepsAll = _window == 100_000
            && (_history == 100_000 || !model.Positions.ContainsKey(told[0].Topic));
        Assert.True(gaps == 0 || !keepsAll, "a gap although all is kept");
        if (!isComplete && told[^1].What == Told.Gap)
            return;
        // Each message after the start was told, or was in a gap, or was its own; only of those may a gap count some.
        long last = isComplete ? excluded.Count : position;
        int own = excluded.Take((int)last).Skip((int)start).Count(id => id == model.Subscriber.SubscriberId);
        Assert.InRange(messages + gaps, last - start - own, last - start);
        if (keepsAll)
            Assert.Equal(last - start - own, messages);
    }

    /// <summary>One subscription, with what had been published when it began and when it ended.</summary>
    private sealed record Model(
        RecordingSubscriber Subscriber, Subscription Subscription, int Loop, Dictionary<string, int> Before,
        Dictionary<string, long> Positions)
    {
        internal HashSet<string> Reached { get; } = [];

        internal Dictionary<string, int>? AtEnd { get; set; }
    }
}
