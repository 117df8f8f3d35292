namespace Longwire.Simulation.Tests;

/// <summary>Bugs of the kinds that are easy to make and hard to see; each is found within 1,000 seeds. The
/// first ones are looked for every day.</summary>
internal static class PlantedBugs
{
    private const string Inbox = "src/Longwire.Primitives/Inbox.cs";
    private const string Output = "src/Longwire.Server/Connection.Output.cs";
    private const string LayeredInput = "src/Longwire.Transport/Layers/LayeredWire.Input.cs";
    private const string LayeredOutput = "src/Longwire.Transport/Layers/LayeredWire.Output.cs";
    private const string Life = "src/Longwire.Server/Connection.Life.cs";

    internal static IReadOnlyList<PlantedBug> All { get; } =
    [
        // Without the fence the look at the inbox may come before the store: modelled as that order.
        new("skipped fence", Inbox,
            """
                    Volatile.Write(ref _parked, 1);
                    // Between
            """,
            """
                    bool wasEmpty = IsEmpty;
                    Interleaving.Point();
                    Volatile.Write(ref _parked, 1);
                    if (wasEmpty)
                        return true;
                    // Between
            """),
        new("lost wake-up from another loop", "src/Longwire.Transport/Loop.cs",
            """
                        if (!current._toWake.Contains(this))
                            current._toWake.Add(this);
            """,
            ""),
        new("leaked lease of a partial frame", "src/Longwire.Server/Connection.Input.cs",
            """
                    _decoder?.Dispose();
                    _decoder = null;
            """,
            "        _decoder = null;"),
        new("flag cleared after the run", Inbox,
            """
                        Interlocked.Exchange(ref work.Posted, 0);
                        Interleaving.Point();
                        Execute(work);
            """,
            """
                        Execute(work);
                        Interlocked.Exchange(ref work.Posted, 0);
            """),
        new("reordered tokens", Inbox,
            "LoopWork? work = Reverse(Interlocked.Exchange(ref _head, null));",
            "LoopWork? work = Reverse(Reverse(Interlocked.Exchange(ref _head, null)));"),
        new("lost variant", "src/Longwire.Primitives/Frame.cs",
            """
                        if (Interlocked.CompareExchange(ref _variants, variant, head) == head)
                            return variant;
            """,
            """
                        _variants = variant;
                        return variant;
            """),
        new("snapshot one topic too early", "src/Longwire.Hub/HubLoop.cs",
            """
                    bool retained = cursor.CatchUp(out TopicEntry entry);
                    subscription.SnapshotIndex++;
            """,
            """
                    subscription.SnapshotIndex++;
                    bool retained = cursor.CatchUp(out TopicEntry entry);
            """),
        new("frame replaced that is partly sent", "src/Longwire.Server/Outbox.cs",
            "Math.Max(_owned, _headSent > 0 ? 1 : 0)",
            "_owned"),
        new("gap not counted", "src/Longwire.Server/Connection.Backlog.cs",
            "Slow.AddGap(cursor, count, oldest);",
            "if (!oldest) Slow.AddGap(cursor, count, oldest);"),
        new("last reason wins", Life,
            """
                    if (_reason == CloseReason.None)
                        _reason = reason;
            """,
            "        _reason = reason;"),
        new("sender not excluded", "src/Longwire.Hub/TopicCursor.cs",
            "delivery.Except != subscription.Subscriber.SubscriberId || delivery.Except == 0",
            "delivery.Sequence > 0"),
        new("reservation kept", Output,
            """
                    _host.Recycle(entry);
                    return length;
            """,
            """
                    int kept = entry.Kind == EntryKind.Control ? length : 0;
                    _host.Recycle(entry);
                    return length - kept;
            """),
        new("older message replaces a newer one", "src/Longwire.Server/Backlog.cs",
            "if (node.Latest.Sequence > frame.Sequence)",
            "if (node.Latest.Sequence < 0)"),
        new("the rest of a record that the socket took in part is lost", LayeredOutput,
            "if (bytes.IsEmpty)",
            "if (result.Bytes > 0)"),
        new("no further look into a layer", LayeredInput,
            "IsReadable = LookAgain();",
            "IsReadable = LookAgain() && false;"),
        new("early data left inside a layer", "src/Longwire.Transport/Layers/LayeredWire.cs",
            "IsReadable = failure == HandshakeFailure.None;",
            "IsReadable = false;"),
        new("a layer off the loop that nobody is told of", LayeredInput,
            """
                    if (!Loop!.IsCurrent)
                        PostWork();
                    else if (!_inTurn)
            """,
            "        if (Loop!.IsCurrent && !_inTurn)"),
        new("a resumed subscription that goes live before it has caught up", "src/Longwire.Hub/HubLoop.Resume.cs",
            "if (position == cursor.Position)",
            "if (position <= cursor.Position)"),
    ];
}
