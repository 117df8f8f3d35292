namespace Longwire;

/// <summary>Where a client stands.</summary>
public enum ClientState
{
    /// <summary>It tries a server.</summary>
    Connecting,

    /// <summary>It is connected and, where the protocol has one, the login is done.</summary>
    Connected,

    /// <summary>It waits before it tries again.</summary>
    Waiting,

    /// <summary>It was disposed of.</summary>
    Closed,
}

/// <summary>A client's state, and what led to it.</summary>
/// <param name="State">The state.</param>
/// <param name="Server">The server that it is about, as it was written; null before the first attempt.</param>
/// <param name="Reason">Why the last connection or attempt ended; null when nothing has failed.</param>
/// <param name="Retry">How long it waits; zero in other states.</param>
public sealed record ClientStatus(ClientState State, string? Server, string? Reason, TimeSpan Retry);
