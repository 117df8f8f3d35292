using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Longwire.Samples.Devices;

/// <summary>Devices that log in, and questions to one of them: the part to copy into a program of one's own.</summary>
/// <remarks>
/// Owner: whoever made it. Concurrency: any thread. Bound: a connection that has not logged in within <see
/// cref="LoginTime"/> ends; a device has at most <see cref="DeviceSession.MaxWaiting"/> open questions; the rest is the
/// toolkit's limits.
/// </remarks>
internal sealed class DeviceServer : IAsyncDisposable
{
    /// <summary>The time from the connect that a device has to log in.</summary>
    public static readonly TimeSpan LoginTime = TimeSpan.FromSeconds(10);

    /// <summary>What the older connection is told when its device logs in once more.</summary>
    public const string Replaced = "replaced by a newer login";

    private readonly Func<string, string, ValueTask<bool>> _isGenuine;
    private readonly Lock _logins = new();
    private readonly TimeProvider _time;
    private readonly TcpServer _server;
    private long _lateAnswers;
    private long _reorderedAnswers;

    /// <param name="listen">Such as <c>tcp://0.0.0.0:7400</c>.</param>
    /// <param name="isGenuine">Whether a device, by its name, has this key; on the thread pool.</param>
    /// <param name="poller">What waits for the system.</param>
    /// <param name="logs">Where the server logs.</param>
    /// <param name="time">The clock of deadlines.</param>
    public DeviceServer(
        string listen, Func<string, string, ValueTask<bool>> isGenuine, PollerKind poller = PollerKind.Automatic,
        ILoggerFactory? logs = null, TimeProvider? time = null)
    {
        _isGenuine = isGenuine;
        _time = time ?? TimeProvider.System;
        _server = TcpServer.Create(o => o
            .Poller(poller)
            .Time(_time)
            .Logging(logs ?? NullLoggerFactory.Instance)
            .Listen(listen, e => e
                .Framing(DeviceFrames.Codec)
                .Heartbeat(DeviceMessage.Write(DeviceMessageType.Ping)) // finds devices that lost their power
                .Goodbye(DeviceMessage.Write(DeviceMessageType.Goodbye, text: "the server is stopping"))
                .OnConnect(ExpectLogin)
                .OnMessage(ReceiveAsync)
                .OnClosed(static (connection, _) => connection.Session.End())));
    }

    /// <summary>Where it listens, once it is started.</summary>
    public string Address => _server.Addresses[0];

    /// <summary>Connections now, logged in or not.</summary>
    public int Connections => _server.ConnectionCount;

    /// <summary>Answers that came after their deadline, and were for nobody.</summary>
    public long LateAnswers => Volatile.Read(ref _lateAnswers);

    /// <summary>Answers that overtook an earlier one of their device.</summary>
    public long ReorderedAnswers => Volatile.Read(ref _reorderedAnswers);

    public Task StartAsync(CancellationToken cancellation = default) => _server.StartAsync(cancellation);

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    /// <summary>Sends a command to one device and waits for its answer; those to a device keep their order.</summary>
    public async Task<DeviceAnswer> AskAsync(string device, string command, TimeSpan deadline)
    {
        if (_server.FindUser(device) is not [Connection<DeviceSession> connection])
            return new(AnswerStatus.NotConnected);
        DeviceSession session = connection.Session;
        AnswerStatus begun = session.Begin(connection, command, out uint id, out Task<DeviceAnswer> answer);
        if (begun != AnswerStatus.Answered)
            return new(begun);
        try
        {
            return await answer.WaitAsync(deadline, _time).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            session.Forget(id);
            return new(AnswerStatus.TimedOut);
        }
    }

    private DeviceSession ExpectLogin(Connection connection) => new(_time.CreateTimer(
        static late => ((Connection)late!).Abort(CloseReason.IdleTimeout),
        connection, LoginTime, Timeout.InfiniteTimeSpan));

    private async ValueTask ReceiveAsync(Connection<DeviceSession> connection, Message received)
    {
        var message = new DeviceMessage(received.Span);
        switch (message.Type)
        {
            case DeviceMessageType.LogIn when connection.User is null:
                await LogInAsync(connection, message.Text).ConfigureAwait(false);
                break;
            case DeviceMessageType.Answer when connection.User is not null:
                if (!connection.Session.TryAnswer(message.Id, message.Text, out bool isReordered))
                    Interlocked.Increment(ref _lateAnswers);
                if (isReordered)
                    Interlocked.Increment(ref _reorderedAnswers);
                break;
            default:
                connection.Abort(CloseReason.MalformedFrame); // out of its place
                break;
        }
    }

    private async ValueTask LogInAsync(Connection<DeviceSession> connection, string login)
    {
        string name = login.Split(' ')[0];
        bool isName = name.Length is > 0 and <= Connection.MaxUserLength;
        if (!isName || !await _isGenuine(name, login[name.Length..].TrimStart(' ')).ConfigureAwait(false))
        {
            connection.Send(DeviceMessage.Write(DeviceMessageType.Goodbye, text: "wrong name or key"));
            _ = connection.CloseAsync();
            return;
        }
        connection.Session.LoggedIn();
        lock (_logins) // between finding the older connection and taking its place nobody else may do the same
        {
            foreach (Connection older in _server.FindUser(name))
                older.Send(DeviceMessage.Write(DeviceMessageType.Goodbye, text: Replaced));
            connection.SignIn(name); // the older one closes with CloseReason.Replaced behind its goodbye
        }
        connection.Send(DeviceMessage.Write(DeviceMessageType.Welcome));
    }
}

/// <summary>What became of a command.</summary>
internal enum AnswerStatus
{
    /// <summary>The device has answered.</summary>
    Answered,

    /// <summary>The device is not here; nothing was sent.</summary>
    NotConnected,

    /// <summary>It has too much to do already, or does not read; nothing was sent.</summary>
    Busy,

    /// <summary>No answer by the deadline. The device may have carried the command out.</summary>
    TimedOut,

    /// <summary>The connection ended before an answer. The device may have carried the command out.</summary>
    Disconnected,
}

/// <summary>The answer to a command; the text is empty unless the device has answered.</summary>
internal readonly record struct DeviceAnswer(AnswerStatus Status, string Text = "");
