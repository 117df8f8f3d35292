namespace Longwire.Transport.Layers;

/// <summary>A connect whose layers are opened before its handler is told.</summary>
/// <remarks>
/// Owner: itself, until it has told its handler once. Concurrency: the loop. Bound: <see cref="DialOptions.Timeout"/>,
/// for both together.
/// </remarks>
internal sealed class LayeredDial(Loop loop, DialOptions options, IDialHandler handler)
    : IDialHandler, IHandshakeHandler
{
    private readonly long _dialledTick = loop.NowTick;

    public void OnDialled(Wire? wire, TransportError error)
    {
        if (wire is null)
        {
            handler.OnDialled(null, error);
            return;
        }
        TimeSpan left = options.Timeout - ((loop.NowTick - _dialledTick) * Primitives.TimerWheel.Tick);
        new LayeredWire(wire, options.Layers).Begin(loop, options.HandshakeGate, left, this);
    }

    public void OnHandshakeEnded(LayeredWire wire, HandshakeFailure failure, Exception? exception)
    {
        if (failure == HandshakeFailure.None)
        {
            handler.OnDialled(wire, TransportError.None);
            return;
        }
        wire.Close(CloseMode.Close);
        handler.OnDialled(null, failure switch
        {
            HandshakeFailure.TimedOut => TransportError.TimedOut,
            HandshakeFailure.PeerLeft => TransportError.Reset,
            HandshakeFailure.OutOfMemory => TransportError.OutOfMemory,
            HandshakeFailure.PeerCertificate => TransportError.NotTrusted,
            _ => TransportError.HandshakeFailed,
        });
    }
}
