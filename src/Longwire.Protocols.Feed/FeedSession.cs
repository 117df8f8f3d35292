namespace Longwire;

/// <summary>What a Feed endpoint knows of a client.</summary>
/// <remarks>
/// Owner: its connection. Concurrency: written by the connection's loop and by its one running request. Bound: its
/// queue of requests.
/// </remarks>
public sealed class FeedSession
{
    internal readonly RequestQueue Requests;
    internal bool HasHello;
    internal long Epoch; // of the positions that the client knows
    internal volatile bool IsAuthenticated;
    internal volatile bool HasEnded; // for an error; what the client still sends is not looked at
    internal int FailedLogins;
    private readonly ITimer _login;

    internal FeedSession(RequestQueue requests, ITimer login)
    {
        Requests = requests;
        _login = login;
    }

    /// <summary>The client's program by its own words; empty before HELLO.</summary>
    public string Program { get; internal set; } = "";

    /// <summary>The account that the client has logged in to; null without a login.</summary>
    public string? User { get; internal set; }

    /// <summary>HELLO and, where it is needed, the login came in time; or nothing more is to come.</summary>
    internal void StopLoginTimer() => _login.Dispose();
}
