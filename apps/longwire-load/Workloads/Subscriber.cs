using Longwire.Load.Connections;
using Longwire.Load.Protocols;

namespace Longwire.Load.Workloads;

/// <summary>One connection of a fan-out; it may be one that does not subscribe.</summary>
/// <remarks>Owner, concurrency, bound: see <see cref="LoadConnection"/>.</remarks>
internal sealed class Subscriber(FanoutWorkload workload, int number, int place)
    : LoadConnection(workload.Loop, number, number < workload.Plan.Subscribers)
{
    /// <summary>Its place among this process's connections.</summary>
    internal int Place => place;

    internal bool IsSubscribed => Number < workload.Plan.Subscribers;

    /// <summary>True for one that stops reading for a while.</summary>
    internal bool IsStalling => Number < workload.Plan.Stalled;

    internal bool IsReader => IsSubscribed && !IsStalling;

    protected override void OnMessage(ReadOnlySpan<byte> payload)
    {
        bool stalling = IsStalling;
        if (workload.Deliveries.Take(place, stalling, payload, out PushMessage.Header header) && !stalling)
            workload.OnDelivered(header);
    }
}
