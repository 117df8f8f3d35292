namespace Longwire;

/// <summary>What a Feed endpoint knows of a client.</summary>
/// <remarks>
/// Owner: its connection. Concurrency: written by the connection's loop and by its one running request. Bound: its
/// queue of requests, and the commands that it was sent.
/// </remarks>
public sealed class FeedSession
{
    internal readonly RequestQueue Requests;
    internal bool HasHello;
    internal bool TakesCommands;
    internal long Epoch; // of the positions that the client knows
    internal volatile bool IsAuthenticated;
    internal volatile bool HasEnded; // for an error; what the client still sends is not looked at
    internal int FailedLogins;
    private readonly FeedBuilder _settings;
    private readonly ITimer _loginTimer;
    private SentRequests? _sent;
    private int _loginEnded;

    internal FeedSession(FeedBuilder settings, RequestQueue requests, ITimer loginTimer)
    {
        _settings = settings;
        Requests = requests;
        _loginTimer = loginTimer;
        IsAuthenticated = settings.Authenticator is null;
    }

    /// <summary>The client's program by its own words; empty before HELLO.</summary>
    public string Program { get; internal set; } = "";

    /// <summary>The account that the client has logged in to; null without a login.</summary>
    public string? User { get; internal set; }

    /// <summary>The commands that the client was sent.</summary>
    internal SentRequests Sent => Volatile.Read(ref _sent)
        ?? Interlocked.CompareExchange(
            ref _sent, new SentRequests(_settings.FeedLimits.SentCommands, _settings.TimeProvider), null)
        ?? _sent;

    /// <summary>
    /// Ends the wait for HELLO and the login: it came, or its time is over. False when the other was first.
    /// </summary>
    internal bool TryEndLogin()
    {
        _loginTimer.Dispose();
        return Interlocked.Exchange(ref _loginEnded, 1) == 0;
    }

    /// <summary>The connection has ended.</summary>
    internal void End()
    {
        _loginTimer.Dispose();
        Requests.Clear();
        Sent.End();
    }
}
