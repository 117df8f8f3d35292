using Longwire.Load.Connections;
using Longwire.Load.Protocols;
using Longwire.Primitives;

namespace Longwire.Load.Workloads;

/// <summary>One connection of a fan-out; it may be one that does not subscribe.</summary>
/// <remarks>Owner, concurrency, bound: see <see cref="LoadConnection"/>.</remarks>
internal sealed class Subscriber(FanoutWorkload workload, int number, int place)
    : LoadConnection(workload.Loop, number, number < workload.Plan.Subscribers)
{
    private const int PrivateBytes = 100; // of a request for data of its own

    private Frame? _request;
    private uint _requests;
    private bool _isAsking; // the request's frame is written anew for the next one

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
        {
            if (workload.Plan.PrivateEvery > 0 && !_isAsking && header.Number % workload.Plan.PrivateEvery == 0)
                Ask();
            workload.OnDelivered(header);
        }
    }

    protected override void OnEcho(ReadOnlySpan<byte> payload)
    {
        _isAsking = false;
        workload.OnAnswered(payload.SequenceEqual(Request()));
    }

    /// <summary>Asks for the echo of what no other connection sends.</summary>
    private void Ask()
    {
        _isAsking = true;
        EchoRequest.Number(Request(), ++_requests);
        _request!.AddReference();
        workload.OnAsked();
        Send(_request);
    }

    private Span<byte> Request()
    {
        if (_request is null)
        {
            _request = Owner.RentFrame(Owner.Protocol.FrameBytes(PrivateBytes));
            EchoRequest.Begin(Owner.Protocol.WriteFrame(_request.Span, PrivateBytes), Number);
        }
        return Owner.Protocol.WriteFrame(_request.Span, PrivateBytes);
    }
}
