using System.Diagnostics.Metrics;
using Longwire.Transport.Layers;

namespace Longwire;

/// <summary>The server's instruments: meter <c>Longwire.Server</c>. No tag has more values than an enum.</summary>
/// <remarks>Owner: the server. Concurrency: any thread; loops' counters are read when somebody collects.</remarks>
internal sealed class ServerMetrics : IDisposable
{
    private readonly Meter _meter = new("Longwire.Server");
    private readonly Counter<long> _accepted;
    private readonly Counter<long> _refused;
    private readonly Counter<long> _acceptFailures;
    private readonly Counter<long> _closed;
    private readonly Histogram<double> _handshakeDuration;
    private readonly Counter<long> _handshakeFailures;
    private readonly Counter<long> _certificateReloads;
    private long _acceptedCount;
    private long _refusedCount;

    internal ServerMetrics(TcpServer server)
    {
        _accepted = _meter.CreateCounter<long>("longwire.connections.accepted", "{connection}");
        _refused = _meter.CreateCounter<long>("longwire.connections.refused", "{connection}");
        _acceptFailures = _meter.CreateCounter<long>("longwire.accept.failures", "{error}");
        _closed = _meter.CreateCounter<long>("longwire.connections.closed", "{connection}");
        _meter.CreateObservableUpDownCounter(
            "longwire.handshake.active", () => server.Hosts.Sum(static host => host.Handshakes.Count), "{handshake}");
        _handshakeDuration = _meter.CreateHistogram<double>("longwire.handshake.duration", "s");
        _handshakeFailures = _meter.CreateCounter<long>("longwire.handshake.failures", "{handshake}");
        _certificateReloads = _meter.CreateCounter<long>("longwire.tls.reloads", "{reload}");
        HandlerWait = _meter.CreateHistogram<double>("longwire.handler.wait", "s");
        _meter.CreateObservableUpDownCounter(
            "longwire.connections.active", () => server.ConnectionCount, "{connection}");
        Observe("longwire.bytes.received", "By", static counters => counters.BytesReceived);
        Observe("longwire.bytes.sent", "By", static counters => counters.BytesSent);
        Observe("longwire.messages.received", "{message}", static counters => counters.MessagesReceived);
        Observe("longwire.deliveries.queued", "{message}", static counters => counters.Pushed);
        Observe("longwire.deliveries.conflated", "{message}", static counters => counters.Conflated);
        Observe("longwire.deliveries.dropped", "{message}", static counters => counters.Dropped);
        Observe("longwire.outbox.relieved", "{connection}", static counters => counters.Relieved);
        Observe("longwire.loop.faults", "{fault}", static counters => counters.Faults + counters.WatchFaults);
        Observe("longwire.loop.holds", "{hold}", static counters => counters.Holds);
        _meter.CreateObservableUpDownCounter(
            "longwire.outbox.size", () => server.Hosts.Sum(static host => host.OutboxBytes), "By");
        _meter.CreateObservableUpDownCounter("longwire.slab.size", () => server.Pool.Snapshot().SlabBytes, "By");
        _meter.CreateObservableUpDownCounter("longwire.slab.leased", () => server.Pool.Snapshot().LeasedBytes, "By");
        _meter.CreateObservableCounter("longwire.slab.refused", () => server.Pool.Snapshot().Refused, "{rent}");

        void Observe(string name, string unit, Func<LoopCounters, long> read) =>
            _meter.CreateObservableCounter(name, () => server.Sum(read), unit);
    }

    internal Histogram<double> HandlerWait { get; }

    internal long AcceptedCount => Interlocked.Read(ref _acceptedCount);

    internal long RefusedCount => Interlocked.Read(ref _refusedCount);

    public void Dispose() => _meter.Dispose();

    internal void Accepted()
    {
        Interlocked.Increment(ref _acceptedCount);
        _accepted.Add(1);
    }

    internal void Refused(CloseReason reason)
    {
        Interlocked.Increment(ref _refusedCount);
        _refused.Add(1, new KeyValuePair<string, object?>("reason", reason.ToString()));
    }

    internal void AcceptFailed() => _acceptFailures.Add(1);

    internal void HandshakeEnded(HandshakeFailure failure, TimeSpan duration)
    {
        if (failure == HandshakeFailure.None)
            _handshakeDuration.Record(duration.TotalSeconds);
        else
            _handshakeFailures.Add(1, new KeyValuePair<string, object?>("cause", failure.ToString()));
    }

    internal void CertificatesReloaded(bool loaded) =>
        _certificateReloads.Add(1, new KeyValuePair<string, object?>("outcome", loaded ? "loaded" : "kept"));

    internal void HandlerBegun(TimeProvider time, long scheduled)
    {
        if (HandlerWait.Enabled)
            HandlerWait.Record(time.GetElapsedTime(scheduled).TotalSeconds);
    }

    internal void Closed(CloseReason reason)
    {
        if (_closed.Enabled)
            _closed.Add(1, new KeyValuePair<string, object?>("reason", reason.ToString()));
    }
}
