namespace Longwire.Load.Connections;

/// <summary>How a connection ended, as the client saw it.</summary>
internal enum Ending : byte
{
    /// <summary>It has not ended.</summary>
    None,

    /// <summary>The dial failed.</summary>
    NotConnected,

    /// <summary>The server's FIN.</summary>
    Fin,

    /// <summary>The server's RST.</summary>
    Reset,

    /// <summary>Any other error, or bytes that the protocol does not know.</summary>
    Error,

    /// <summary>The driver closed it.</summary>
    Dropped,
}
