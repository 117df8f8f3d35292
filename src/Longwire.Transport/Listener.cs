using System.Net;
using System.Net.Sockets;
using Longwire.Primitives;

namespace Longwire.Transport;

/// <summary>Told on the listener's loop.</summary>
public interface IAcceptHandler
{
    /// <summary>A connection was accepted; the handler gives it to a loop or closes it.</summary>
    void OnAccepted(Wire wire);

    /// <summary>
    /// An accept failed; the listener recovers by itself, except that <see cref="TransportError.Closed"/> is its end.
    /// </summary>
    void OnAcceptFailed(TransportError error, TimeSpan backOff);
}

/// <summary>Accepts connections on one bound socket.</summary>
/// <remarks>
/// Owner: the server. Concurrency: its loop. Bound: at most <see cref="AcceptsPerTick"/> accepts a tick, so that a
/// storm
/// of connects does not starve the connected; after an error that belongs to the system a pause of 10 ms, doubling
/// to 1 s.
/// </remarks>
public abstract class Listener : TimedWork
{
    /// <summary>Most connections taken at a time; a tick looks at its inbox twice.</summary>
    public const int AcceptsPerTick = 64;

    private static readonly TimeSpan s_firstBackOff = TimeSpan.FromMilliseconds(10);
    private static readonly TimeSpan s_longestBackOff = TimeSpan.FromSeconds(1);
    private readonly Socket? _socket;
    private TimeSpan _backOff;

    private protected Listener(Loop loop, Socket socket, IAcceptHandler handler)
        : this(loop, socket.LocalEndPoint!, handler)
    {
        _socket = socket;
    }

    /// <summary>A listener without a framework socket.</summary>
    private protected Listener(Loop loop, EndPoint localEndPoint, IAcceptHandler handler)
    {
        Loop = loop;
        Handler = handler;
        LocalEndPoint = localEndPoint;
    }

    /// <summary>The bound address, with the real port.</summary>
    public EndPoint LocalEndPoint { get; }

    /// <summary>Connections accepted.</summary>
    public long Accepted { get; private set; }

    /// <summary>Accepts that failed.</summary>
    public long Failed { get; private set; }

    private protected Loop Loop { get; }

    private protected Socket Socket => _socket!;

    private protected IAcceptHandler Handler { get; }

    private protected bool IsStopped { get; private set; }

    /// <summary>Stops accepting and frees the address. A second call does nothing.</summary>
    public void Stop()
    {
        if (IsStopped)
            return;
        IsStopped = true;
        Loop.Wheel.Disarm(this);
        OnStopping();
        if (_socket is not null)
            ListenAddress.Unbind(_socket);
    }

    /// <inheritdoc/>
    protected internal override void OnTimer(long tick) => Run();

    private protected abstract void OnStopping();

    private protected void Take(Wire wire)
    {
        Accepted++;
        _backOff = TimeSpan.Zero;
        try
        {
            Handler.OnAccepted(wire);
        }
        catch (Exception exception) when (Loop.Tenant is not null)
        {
            wire.Close(CloseMode.Abort); // nobody else knows of it; the batch goes on
            Loop.Tenant.OnFault(exception, Handler);
        }
    }

    /// <summary>Counts a connection that was reset for want of a descriptor; accepting goes on.</summary>
    private protected void CountShed()
    {
        Failed++;
        Report(TransportError.DescriptorsExhausted, TimeSpan.Zero);
    }

    /// <summary>Counts a failure; true when the listener may accept on at once.</summary>
    private protected bool Recover(TransportError error)
    {
        AcceptAction action = TransportErrors.AcceptAction(error);
        if (IsStopped)
            return false;
        Failed++;
        if (action == AcceptAction.BackOff)
        {
            _backOff = _backOff == TimeSpan.Zero ? s_firstBackOff : Min(_backOff * 2, s_longestBackOff);
            Loop.Wheel.Arm(this, Loop.NowTick + Loop.ToTicks(_backOff));
        }
        Report(error, action == AcceptAction.BackOff ? _backOff : TimeSpan.Zero);
        return action == AcceptAction.Retry;
    }

    private void Report(TransportError error, TimeSpan backOff)
    {
        try
        {
            Handler.OnAcceptFailed(error, backOff);
        }
        catch (Exception exception) when (Loop.Tenant is not null)
        {
            Loop.Tenant.OnFault(exception, Handler);
        }
    }

    private static TimeSpan Min(TimeSpan left, TimeSpan right) => left < right ? left : right;
}
