using System.Runtime.CompilerServices;
using System.Threading.Channels;
using Longwire.Primitives;

namespace Longwire;

/// <summary>
/// Brings a connection's events to the pool: connected, messages, closed – one at a time and in order.
/// </summary>
/// <remarks>
/// Owner: its connection. Concurrency: the loop enqueues, one pool thread at a time runs; <see cref="Gate"/> between
/// them. Bound: <see cref="EndpointOptions.HandlerMessages"/> and <see cref="EndpointOptions.HandlerBytes"/>; when it
/// is full the connection stops reading.
/// </remarks>
internal abstract class HandlerQueue(Connection connection)
{
    private int _bytes;
    private int _count;
    private long _scheduled; // timestamp

    internal bool HasRoom =>
        Volatile.Read(ref _count) < Connection.Endpoint.Options.HandlerMessages
        && Volatile.Read(ref _bytes) < Connection.Endpoint.Options.HandlerBytes;

    protected Connection Connection { get; } = connection;

    protected Lock Gate { get; } = new();

    internal static HandlerQueue Create(Connection connection) =>
        connection.Endpoint.Handlers.IsPull ? new PullQueue(connection) : new PushQueue(connection);

    internal abstract void Start();

    internal void Enqueue(Message message)
    {
        Interlocked.Increment(ref _count);
        Interlocked.Add(ref _bytes, message.Length);
        Add(message);
    }

    /// <summary>
    /// No more messages follow: the peer sent FIN, or what is no message. True when no handler runs and none is due;
    /// else the queue asks for the end when that is so.
    /// </summary>
    internal abstract bool OnEndOfInput(CloseReason reason);

    /// <summary>The connection ended: what waits is discarded, and closed is the last event.</summary>
    internal abstract void OnEnded(CloseReason reason);

    /// <summary>The outbox has room again.</summary>
    internal abstract void OnRoom();

    protected abstract void Add(Message message);

    /// <summary>A handler that gives up because its connection is over has not failed.</summary>
    protected bool IsOwnEnd(Exception exception) => exception is OperationCanceledException && !Connection.IsOpen;

    /// <summary>Asks the pool to run this queue.</summary>
    protected void Schedule(IThreadPoolWorkItem self)
    {
        _scheduled = Connection.Server.Time.GetTimestamp();
        Connection.Server.Schedule(self);
    }

    /// <summary>The pool runs it: how long that took is how starved the pool is.</summary>
    protected void Begun() => Connection.Server.Metrics.HandlerBegun(Connection.Server.Time, _scheduled);

    protected void Taken(Message message)
    {
        // The crossing of a limit decides, by the result of the subtraction: a look beforehand would miss what the loop
        // adds between, and nobody would be left to resume reading.
        EndpointOptions options = Connection.Endpoint.Options;
        int count = Interlocked.Decrement(ref _count);
        int bytes = Interlocked.Add(ref _bytes, -message.Length);
        if (count == options.HandlerMessages - 1
            || (bytes < options.HandlerBytes && bytes + message.Length >= options.HandlerBytes))
        {
            Connection.Request(ConnectionRequest.Resume);
        }
    }
}

/// <summary>Calls the handlers.</summary>
internal sealed class PushQueue(Connection connection) : HandlerQueue(connection), IThreadPoolWorkItem
{
    private readonly BoundedRing<Message> _messages = new(connection.Endpoint.Options.HandlerMessages);
    private Step _next = Step.Connect;
    private bool _running;
    private bool _connected;
    private bool _inputEnded;
    private bool _ended;
    private CloseReason _reason;

    private enum Step : byte
    {
        Connect,
        Messages,
        Done,
    }

    public void Execute()
    {
        Begun();
        _ = DrainAsync(); // observes its own exceptions; the loop's queue bounds it
    }

    internal override void Start()
    {
        lock (Gate)
            RunUnlessRunning();
    }

    internal override bool OnEndOfInput(CloseReason reason)
    {
        lock (Gate)
        {
            _inputEnded = true;
            return !_running && _messages.Count == 0;
        }
    }

    internal override void OnEnded(CloseReason reason)
    {
        lock (Gate)
        {
            _ended = true;
            _reason = reason;
            RunUnlessRunning();
        }
    }

    internal override void OnRoom()
    {
        lock (Gate)
        {
            if (_messages.Count > 0)
                RunUnlessRunning();
        }
    }

    protected override void Add(Message message)
    {
        lock (Gate)
        {
            _messages.TryEnqueue(message); // the loop asked HasRoom before it decoded
            RunUnlessRunning();
        }
    }

    private void RunUnlessRunning()
    {
        if (_running || _next == Step.Done)
            return;
        _running = true;
        Schedule(this);
    }

    private async Task DrainAsync()
    {
        while (TryNext(out Step step, out Message? message))
        {
            try
            {
                EndpointHandlers handlers = Connection.Endpoint.Handlers;
                if (step == Step.Connect)
                {
                    await handlers.OnConnected(Connection).ConfigureAwait(false);
                    _connected = true; // a connection whose OnConnect failed has no session and gets no OnClosed
                }
                else if (message is { Skipped: not FrameError.None })
                {
                    handlers.OnSkipped(Connection, message.Skipped);
                }
                else if (message is not null)
                {
                    await handlers.OnMessage(Connection, message).ConfigureAwait(false);
                }
                else if (_connected)
                {
                    await handlers.OnClosed(Connection, _reason).ConfigureAwait(false);
                }
            }
            catch (Exception exception)
            {
                if (!IsOwnEnd(exception))
                    Connection.HandlerFailed(exception);
            }
            message?.HandlerEnded();
            if (step == Step.Done)
                Connection.Finished();
        }
    }

    private bool TryNext(out Step step, out Message? message)
    {
        Interleaving.Point();
        bool found = TryTake(out step, out message, out bool tellIdle);
        if (message is not null)
            Taken(message); // not under the gate: it may post the connection
        if (found)
            return true;
        Interleaving.Point();
        if (tellIdle)
            Connection.Request(ConnectionRequest.HandlersIdle);
        return false;
    }

    private bool TryTake(out Step step, out Message? message, out bool tellIdle)
    {
        message = null;
        tellIdle = false;
        lock (Gate)
        {
            step = _next;
            if (_next == Step.Connect)
            {
                _next = Step.Messages;
                return true;
            }
            while ((_ended || Connection.IsEnding) && _messages.TryDequeue(out Message? discarded))
                discarded.HandlerEnded();
            if (_ended && _next == Step.Messages)
            {
                step = _next = Step.Done;
                return true;
            }
            // While replies do not fit, the next command waits; the loop calls OnRoom.
            bool stalled = Connection.IsCongested;
            if (_next == Step.Messages && !stalled && _messages.TryDequeue(out message))
                return true;
            _running = false;
            // Partner: the loop gives bytes back and then calls OnRoom, which needs the gate.
            if (stalled && !Connection.IsCongested && _messages.Count > 0)
                RunUnlessRunning();
            tellIdle = _inputEnded && _messages.Count == 0;
            return false;
        }
    }
}

/// <summary>Runs one handler per connection, which pulls its messages.</summary>
internal sealed class PullQueue(Connection connection) : HandlerQueue(connection), IThreadPoolWorkItem
{
    private readonly Channel<Message> _messages = Channel.CreateBounded<Message>(
        new BoundedChannelOptions(connection.Endpoint.Options.HandlerMessages)
        {
            SingleReader = true,
            SingleWriter = true,
        });
    private readonly TaskCompletionSource<CloseReason> _ended = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public void Execute()
    {
        Begun();
        _ = RunAsync(); // observes its own exceptions; one per connection
    }

    internal override void Start() => Schedule(this);

    internal override bool OnEndOfInput(CloseReason reason)
    {
        _messages.Writer.TryComplete(reason == CloseReason.PeerClosed
            ? null
            : new ConnectionClosedException(Connection, reason));
        return false; // the handler's return closes the connection
    }

    internal override void OnEnded(CloseReason reason)
    {
        bool clean = reason is CloseReason.PeerClosed or CloseReason.ClosedByApplication or CloseReason.ServerShutdown;
        _messages.Writer.TryComplete(clean ? null : new ConnectionClosedException(Connection, reason));
        _ended.TrySetResult(reason);
    }

    internal override void OnRoom()
    {
    }

    internal async IAsyncEnumerable<Message> ReadAll([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        while (await _messages.Reader.WaitToReadAsync(cancellation).ConfigureAwait(false))
        {
            while (_messages.Reader.TryRead(out Message? message))
            {
                Taken(message);
                if (message.Skipped != FrameError.None)
                {
                    Connection.Endpoint.Handlers.OnSkipped(Connection, message.Skipped);
                    message.HandlerEnded();
                    continue;
                }
                try
                {
                    yield return message;
                }
                finally
                {
                    message.HandlerEnded();
                }
            }
        }
    }

    protected override void Add(Message message)
    {
        if (!_messages.Writer.TryWrite(message))
            message.HandlerEnded();
    }

    private async Task RunAsync()
    {
        bool connected = false;
        try
        {
            await Connection.Endpoint.Handlers.OnConnected(Connection).ConfigureAwait(false);
            connected = true;
            await Connection.Endpoint.Handlers.RunPull(Connection).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            // A handler that lets the end of its own input pass through is written in the natural way.
            bool passedOn = exception is ConnectionClosedException { Connection: { } ended } && ended == Connection;
            if (!passedOn && !IsOwnEnd(exception))
                Connection.HandlerFailed(exception);
        }
        _ = Connection.CloseAsync();
        CloseReason reason = await _ended.Task.ConfigureAwait(false);
        while (_messages.Reader.TryRead(out Message? unread))
            unread.HandlerEnded();
        try
        {
            if (connected)
                await Connection.Endpoint.Handlers.OnClosed(Connection, reason).ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            Connection.HandlerFailed(exception);
        }
        Connection.Finished();
    }
}

/// <summary>Thrown to a handler that pulls messages when the connection did not end between two of them.</summary>
public sealed class ConnectionClosedException : IOException
{
    internal ConnectionClosedException(Connection connection, CloseReason reason)
        : base($"The connection ended: {reason}.")
    {
        Connection = connection;
        Reason = reason;
    }

    /// <summary>The connection.</summary>
    public Connection Connection { get; }

    /// <summary>Why the connection ended.</summary>
    public CloseReason Reason { get; }
}
