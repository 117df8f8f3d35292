namespace Longwire.Hosting;

/// <summary>An endpoint's code as a class of the container's, with what it needs in its constructor.</summary>
/// <remarks>
/// Owner: the container, for as long as its <see cref="HandlerLifetime"/> says. Concurrency: of one connection, one
/// method at a time and in order; a shared handler is called for several connections at once.
/// </remarks>
public abstract class ConnectionHandler
{
    /// <summary>Called once per connection before its first message; it closes when this fails.</summary>
    public virtual ValueTask OnConnectAsync(Connection connection) => ValueTask.CompletedTask;

    /// <summary>Handles a message on the thread pool.</summary>
    public abstract ValueTask OnMessageAsync(Connection connection, Message message);

    /// <summary>Called exactly once per connection whose connect succeeded, after its last message.</summary>
    public virtual ValueTask OnClosedAsync(Connection connection, CloseReason reason) => ValueTask.CompletedTask;
}

/// <summary>How long a <see cref="ConnectionHandler"/> lives.</summary>
public enum HandlerLifetime
{
    /// <summary>One for all connections: nothing is made when a client connects.</summary>
    Shared,

    /// <summary>
    /// One per connection, in a scope of the container that ends after <see cref="ConnectionHandler.OnClosedAsync"/>;
    /// its scoped services are that connection's.
    /// </summary>
    PerConnection,
}
