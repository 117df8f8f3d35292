namespace Longwire.Transport;

/// <summary>How a read or a write went.</summary>
public enum IoStatus : byte
{
    /// <summary>Bytes were moved.</summary>
    Done,

    /// <summary>Nothing can be moved now; the handler is called when it can.</summary>
    WouldBlock,

    /// <summary>The poller owns the segments until it reports their completion.</summary>
    Pending,

    /// <summary>The peer sent FIN.</summary>
    EndOfStream,

    /// <summary>The connection is broken; <see cref="IoResult.Error"/> says how.</summary>
    Failed,
}

/// <summary>The outcome of one read or write: an expected outcome is a value, not an exception.</summary>
/// <param name="Status">How it went.</param>
/// <param name="Bytes">Bytes moved; with <see cref="IoStatus.Pending"/> those that the poller owns; else 0.</param>
/// <param name="Error">The cause of <see cref="IoStatus.Failed"/>.</param>
public readonly record struct IoResult(IoStatus Status, int Bytes, TransportError Error)
{
    internal static IoResult Moved(int bytes) => new(IoStatus.Done, bytes, TransportError.None);

    internal static IoResult Pended(int bytes) => new(IoStatus.Pending, bytes, TransportError.None);

    internal static IoResult Of(IoStatus status) => new(status, 0, TransportError.None);

    internal static IoResult Failure(TransportError error) => new(IoStatus.Failed, 0, error);
}
