namespace Longwire.Transport;

/// <summary>The wires that wait for a turn, in order: an intrusive queue.</summary>
/// <remarks>Owner: its loop. Concurrency: that loop only. Bound: one place per wire.</remarks>
internal struct ReadyList
{
    private Wire? _head;
    private Wire? _tail;

    internal readonly bool IsEmpty => _head is null;

    /// <summary>The last of this tick: what becomes ready behind it has its turn in the next one.</summary>
    internal readonly Wire? Last => _tail;

    internal void Add(Wire wire)
    {
        if (wire.InReadyList)
            return;
        wire.InReadyList = true;
        wire.NextReady = null;
        if (_tail is null)
            _head = wire;
        else
            _tail.NextReady = wire;
        _tail = wire;
    }

    internal Wire? Take()
    {
        Wire? wire = _head;
        if (wire is null)
            return null;
        _head = wire.NextReady;
        if (_head is null)
            _tail = null;
        wire.NextReady = null;
        wire.InReadyList = false;
        return wire;
    }
}
