using System.Globalization;
using System.Text;
using Longwire.Primitives;
using Longwire.Testing;

namespace Longwire.Simulation;

/// <summary>A client: what it sent, what it may expect, and whether what comes is that.</summary>
/// <remarks>
/// Requests are "number verb arguments", answered in order by "r number …". Pushed are "d topic sequence payload",
/// "g topic count" (a gap), "z filter" (end of a snapshot), "n number" (a send of the application), "m number" (one
/// to all), "h" (heartbeat) and "b" (goodbye). The filters of one client never overlap, so a message comes at most
/// once.
/// </remarks>
internal sealed class SimulatedClient
{
    private static readonly SlabPool s_pool = new(new SlabPoolOptions { CeilingBytes = 64 << 20, Poison = false });

    private readonly Oracle _oracle;
    private readonly FrameDecoder _decoder;
    private readonly Dictionary<string, TopicView> _topics = [];
    private readonly Dictionary<long, (char Verb, FilterView? Filter)> _asked = [];
    private byte[] _tail = [];
    private long _lastNote = -1;
    private long _lastBroadcast = -1;
    private long _sent;
    private bool _isBroken;

    internal SimulatedClient(Oracle oracle, int index, EndpointPlan endpoint, MemoryPeer peer)
    {
        _oracle = oracle;
        Index = index;
        Endpoint = endpoint;
        Peer = peer;
        _decoder = endpoint.Codec.CreateDecoder(s_pool);
        peer.Arrived = _ => OnArrived();
        DrawFilters(oracle.Scenario);
    }

    internal int Index { get; }

    internal EndpointPlan Endpoint { get; }

    internal MemoryPeer Peer { get; }

    internal Session? Session { get; set; }

    internal List<FilterView> Filters { get; } = [];

    /// <summary>Reasons for which its connection may end.</summary>
    internal HashSet<CloseReason> Causes { get; } = [];

    internal long Replies { get; private set; }

    internal long Requests { get; private set; }

    internal long Notes { get; private set; }

    internal bool SawGoodbye { get; private set; }

    /// <summary>It did something that ends the connection.</summary>
    internal bool HasEnded { get; set; }

    internal bool HasSentFin { get; private set; }

    /// <summary>It once did not read; what waits for it may have met a deadline then.</summary>
    internal bool EverStopped { get; private set; }

    /// <summary>It answers the server's FIN by its own.</summary>
    internal bool AnswersFin { get; init; } = true;

    internal bool HasTail => _tail.Length > 0;

    /// <summary>Open on both sides, as far as the client did anything about it.</summary>
    internal bool IsLive =>
        !HasEnded && !_isBroken && Session is { IsClosed: false } session && session.Connection.IsOpen
        && !Peer.SawFin && !Peer.SawReset;

    public override string ToString() => $"client {Index} (connection {Peer.Connection}, {Endpoint.Kind})";

    internal void Ask(char verb, string arguments, FilterView? filter = null, bool inParts = false)
    {
        long number = Requests++;
        _asked[number] = (verb, filter);
        _oracle.Note(this, $"asks {number} {verb} {arguments}");
        byte[] frame = Encode($"{number} {verb} {arguments}");
        int now = inParts ? _oracle.Scenario.Random.Between(0, frame.Length - 1) : frame.Length;
        SendTail();
        SendBytes(frame.AsSpan(0, now));
        _tail = frame[now..];
    }

    /// <summary>Sends the rest of a request of which only the beginning was sent.</summary>
    internal void SendTail()
    {
        byte[] tail = _tail;
        _tail = [];
        SendBytes(tail);
    }

    internal void SendBytes(ReadOnlySpan<byte> bytes)
    {
        _sent += bytes.Length;
        if (!HasSentFin && bytes.Length > 0)
            Peer.Send(bytes);
    }

    internal void Fin()
    {
        HasSentFin = true;
        _oracle.Note(this, "sends FIN");
        Causes.Add(CloseReason.PeerClosed);
        if (Endpoint.Kind == HandlerKind.Pull)
            Causes.Add(CloseReason.ClosedByApplication); // its handler returns at the end of its input
        Peer.Fin();
    }

    internal void StopReading()
    {
        EverStopped = true;
        _oracle.Note(this, "stops reading");
        Causes.Add(CloseReason.WriteStalled);
        Peer.StopReading();
    }

    internal TopicView View(string topic)
    {
        if (!_topics.TryGetValue(topic, out TopicView? view))
            _topics.Add(topic, view = new TopicView());
        return view;
    }

    internal FilterView? FilterFor(string topic) => Filters.Find(f => f.Filter.Matches(topic));

    /// <summary>The server is about to subscribe it.</summary>
    internal void OnSubscribing(FilterView filter)
    {
        filter.EndPosted = false;
        foreach (Topic topic in _oracle.Server.Hub.FindTopics(filter.Filter))
        {
            TopicView view = View(topic.Name);
            view.HeadAtSubscribe = topic.Sequence;
            view.Limit = long.MaxValue;
            view.RepeatsAllowed++;
        }
    }

    /// <summary>An unsubscribe is in effect: what is published from now on must not come.</summary>
    internal void OnUnsubscribed(FilterView filter)
    {
        foreach (Topic topic in _oracle.Server.Hub.FindTopics(filter.Filter))
            View(topic.Name).Limit = topic.Sequence;
        filter.Wanted = false;
    }

    private void DrawFilters(Scenario scenario)
    {
        SeededRandom random = scenario.Random;
        if (random.Chance(0.2))
        {
            Filters.Add(new FilterView(TopicFilter.Parse("#")));
            return;
        }
        for (int group = 0; group < 4; group++)
        {
            if (random.Chance(0.4))
            {
                Filters.Add(new FilterView(TopicFilter.Parse($"g{group}/{(random.Chance(0.5) ? '+' : '#')}")));
                continue;
            }
            foreach (string topic in scenario.Topics)
            {
                if (topic[1] - '0' == group && Filters.Count < 12 && random.Chance(0.5))
                    Filters.Add(new FilterView(TopicFilter.Parse(topic)));
            }
        }
    }

    private byte[] Encode(string text)
    {
        byte[] payload = Encoding.ASCII.GetBytes(text);
        byte[] frame = new byte[Endpoint.Codec.GetEncodedLength(payload)];
        Endpoint.Codec.TryEncode(payload, frame, out _);
        return frame;
    }

    private void OnArrived()
    {
        ReadOnlySpan<byte> input = Peer.Receive();
        while (!_isBroken && input.Length > 0)
        {
            DecodeStatus status = _decoder.Decode(ref input, out ReadOnlySpan<byte> frame);
            if (status == DecodeStatus.NeedMore)
                break;
            if (status != DecodeStatus.Frame)
                Broken($"{this} got bytes that are no frame: {_decoder.Error}");
            else
                OnMessage(Encoding.ASCII.GetString(frame));
        }
        if (Peer.SawFin && !HasSentFin && AnswersFin)
            Fin();
    }

    private void Broken(string what)
    {
        _isBroken = true;
        _oracle.Fail(what);
    }

    private void OnMessage(string text)
    {
        string[] parts = text.Split(' ', 4);
        if (parts[0] != "h")
            _oracle.Note(this, text.Length < 40 ? $"gets {text}" : $"gets {text.AsSpan(0, 40)}…");
        switch (parts[0])
        {
            case "r" when parts.Length >= 2:
                OnReply(long.Parse(parts[1], CultureInfo.InvariantCulture));
                break;
            case "d" when parts.Length == 4:
                OnDelivery(parts[1], long.Parse(parts[2], CultureInfo.InvariantCulture), parts[3]);
                break;
            case "g" when parts.Length == 3:
                OnGap(parts[1], long.Parse(parts[2], CultureInfo.InvariantCulture));
                break;
            case "z" when parts.Length == 2:
                OnSnapshotEnd(parts[1]);
                break;
            case "n" when parts.Length == 2:
                long note = long.Parse(parts[1], CultureInfo.InvariantCulture);
                if (note <= _lastNote)
                    _oracle.Fail($"{this} got note {note} after {_lastNote}");
                _lastNote = note;
                Notes++;
                break;
            case "m" when parts.Length == 2:
                long broadcast = long.Parse(parts[1], CultureInfo.InvariantCulture);
                if (broadcast <= _lastBroadcast)
                    _oracle.Fail($"{this} got broadcast {broadcast} after {_lastBroadcast}");
                _lastBroadcast = broadcast;
                break;
            case "h":
                break;
            case "b":
                if (!_oracle.Draining || SawGoodbye)
                    _oracle.Fail($"{this} got a goodbye that was not due");
                SawGoodbye = true;
                break;
            default:
                Broken($"{this} got a message that nobody sent: {text}");
                break;
        }
    }

    private void OnReply(long number)
    {
        if (number != Replies)
            _oracle.Fail($"{this} got reply {number}, expected {Replies}");
        if (!_asked.Remove(number, out (char Verb, FilterView? Filter) asked))
        {
            _oracle.Fail($"{this} got reply {number} to nothing");
            return;
        }
        Replies++;
        if (asked.Filter is not { } filter)
            return;
        filter.Active = asked.Verb == 's';
        if (asked.Verb == 'u')
        {
            filter.Ending = false;
            filter.EndPosted = true;
        }
    }

    private void OnDelivery(string topic, long sequence, string payload)
    {
        _oracle.Count("deliveries");
        if (Publication.Parse(payload) is not { } publication)
        {
            Broken($"{this} got a payload of {topic} that nobody published: {payload}");
            return;
        }
        _oracle.See(topic, sequence, publication);
        FilterView? filter = FilterFor(topic);
        if (filter is not { EverAsked: true })
        {
            _oracle.Fail($"{this} got {topic} {sequence} without a subscription");
            return;
        }
        TopicView view = View(topic);
        Retention retention = _oracle.Server.Hub.FindTopic(topic)!.Options.Retention;
        long least = view.HeadAtSubscribe + (retention == Retention.RetainLast ? 0 : 1);
        if (!filter.EverEnded && sequence < least)
            _oracle.Fail($"{this} got {topic} {sequence} from before its subscription, at {least}");
        if (sequence > view.Limit || !filter.Wanted && !filter.EverEnded)
            _oracle.Fail($"{this} got {topic} {sequence} after its unsubscribe, at {view.Limit}");
        if (sequence == view.Last && view.Received > 0 && filter.EverEnded && view.RepeatsAllowed-- > 0)
            return;
        if (sequence <= view.Last)
            _oracle.Fail($"{this} got {topic} {sequence} after {view.Last}");
        if (publication.Except == Index && view.Received > 0 && !filter.EverEnded)
            _oracle.Fail($"{this} got its own {topic} {sequence}");
        if (view.Received++ == 0)
            view.First = sequence;
        view.Last = sequence;
    }

    private void OnGap(string topic, long count)
    {
        _oracle.Count("gaps told");
        if (FilterFor(topic) is not { EverAsked: true } || count <= 0)
        {
            _oracle.Fail($"{this} was told a gap of {count} in {topic}, which it does not have");
            return;
        }
        if (Scenario.PolicyOf(_oracle.Server.Hub.FindTopic(topic)!, Endpoint) == SlowConsumerPolicy.Latest)
            _oracle.Fail($"{this} was told a gap of {count} in {topic}, which conflates");
        View(topic).Gaps += count;
    }

    private void OnSnapshotEnd(string name)
    {
        _oracle.Count("snapshot ends");
        FilterView? filter = Filters.Find(f => f.Name == name);
        if (filter is null || ++filter.Ends > filter.Accepted)
        {
            _oracle.Fail($"{this} got an end of snapshot for {name} that was not due");
            return;
        }
        ConnectionSnapshot state = Session!.Connection.Snapshot();
        bool isSlow = state.Conflated + state.Dropped > 0 || filter.EverEnded;
        foreach (Topic topic in _oracle.Server.Hub.FindTopics(filter.Filter))
        {
            TopicView view = View(topic.Name);
            view.HeadAtEnd = topic.Sequence;
            // In a full outbox, what conflates may be recalled behind the mark, and is looked for when all is quiet;
            // what disconnects is about to.
            bool due = topic.Options.Retention == Retention.RetainLast && view.HeadAtSubscribe > 0
                && Scenario.PolicyOf(topic, Endpoint) is SlowConsumerPolicy.DropOldest or SlowConsumerPolicy.DropNewest;
            if (due && !isSlow && view.Received == 0)
                _oracle.Fail($"{this} got the end of {name}, but nothing of {topic.Name}");
        }
    }
}
