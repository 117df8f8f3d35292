namespace Longwire;

/// <summary>Handles a message in the loop's memory, on the loop; it must not block.</summary>
public delegate void InlineMessageHandler<TConnection>(TConnection connection, BorrowedMessage message);

/// <summary>The user's code of an endpoint, with the session's type hidden.</summary>
/// <remarks>Concurrency: one call at a time and in order for each connection: connected, messages, closed.</remarks>
internal abstract class EndpointHandlers
{
    /// <summary>True: messages are handled on the loop; false: on the pool.</summary>
    internal abstract bool IsInline { get; }

    /// <summary>True: the application pulls messages itself.</summary>
    internal abstract bool IsPull { get; }

    internal abstract Connection CreateConnection();

    internal abstract ValueTask OnConnected(Connection connection);

    internal abstract ValueTask OnMessage(Connection connection, Message message);

    internal abstract void OnMessageInline(Connection connection, BorrowedMessage message);

    internal abstract Task RunPull(Connection connection);

    internal abstract void OnSkipped(Connection connection, FrameError error);

    internal abstract ValueTask OnClosed(Connection connection, CloseReason reason);
}

internal sealed class EndpointHandlers<TSession> : EndpointHandlers
{
    internal Func<Connection, ValueTask<TSession>>? Connect;
    internal Func<Connection<TSession>, Message, ValueTask>? Message;
    internal InlineMessageHandler<Connection<TSession>>? Inline;
    internal Func<Connection<TSession>, Task>? Pull;
    internal Action<Connection<TSession>, FrameError>? Skipped;
    internal Func<Connection<TSession>, CloseReason, ValueTask>? Closed;

    internal override bool IsInline => Inline is not null;

    internal override bool IsPull => Pull is not null;

    internal override Connection CreateConnection() => new Connection<TSession>();

    internal override ValueTask OnConnected(Connection connection)
    {
        if (Connect is null)
            return ValueTask.CompletedTask;
        ValueTask<TSession> pending = Connect(connection);
        if (!pending.IsCompletedSuccessfully)
            return Finish((Connection<TSession>)connection, pending);
        ((Connection<TSession>)connection).Session = pending.Result;
        return ValueTask.CompletedTask;

        static async ValueTask Finish(Connection<TSession> connection, ValueTask<TSession> pending) =>
            connection.Session = await pending.ConfigureAwait(false);
    }

    internal override ValueTask OnMessage(Connection connection, Message message) =>
        Message is null ? ValueTask.CompletedTask : Message((Connection<TSession>)connection, message);

    internal override void OnMessageInline(Connection connection, BorrowedMessage message) =>
        Inline!((Connection<TSession>)connection, message);

    internal override void OnSkipped(Connection connection, FrameError error) =>
        Skipped?.Invoke((Connection<TSession>)connection, error);

    internal override ValueTask OnClosed(Connection connection, CloseReason reason) =>
        Closed is null ? ValueTask.CompletedTask : Closed((Connection<TSession>)connection, reason);

    internal override Task RunPull(Connection connection) => Pull!((Connection<TSession>)connection);
}
