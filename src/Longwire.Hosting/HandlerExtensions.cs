using Microsoft.Extensions.DependencyInjection;

namespace Longwire.Hosting;

/// <summary>Handler classes on endpoints.</summary>
public static class HandlerExtensions
{
    /// <summary>
    /// Serves the endpoint with a handler class that the container knows: <see cref="LongwireBuilder"/> adds it when it
    /// is named there.
    /// </summary>
    public static EndpointBuilder<ConnectionHandler> Handler<THandler>(
        this EndpointBuilder<object?> endpoint, IServiceProvider services,
        HandlerLifetime lifetime = HandlerLifetime.Shared)
        where THandler : ConnectionHandler
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        ArgumentNullException.ThrowIfNull(services);
        if (lifetime == HandlerLifetime.PerConnection)
        {
            var scopes = new ScopedHandler<THandler>(services);
            return Serve(endpoint, scopes.OpenAsync);
        }
        // Not now: the server is being made, and the handler may ask for it.
        var shared = new Lazy<ConnectionHandler>(services.GetRequiredService<THandler>);
        return Serve(endpoint, async connection =>
        {
            await shared.Value.OnConnectAsync(connection).ConfigureAwait(false);
            return shared.Value;
        });
    }

    private static EndpointBuilder<ConnectionHandler> Serve(
        EndpointBuilder<object?> endpoint, Func<Connection, ValueTask<ConnectionHandler>> open) => endpoint
        .OnConnect(open)
        .OnMessage(static (connection, message) => connection.Session.OnMessageAsync(connection, message))
        .OnClosed(static (connection, reason) => connection.Session.OnClosedAsync(connection, reason));

    /// <summary>Opens a scope with a handler in it for each connection.</summary>
    private sealed class ScopedHandler<THandler>(IServiceProvider services)
        where THandler : ConnectionHandler
    {
        internal async ValueTask<ConnectionHandler> OpenAsync(Connection connection)
        {
            AsyncServiceScope scope = services.CreateAsyncScope();
            try
            {
                var handler = new Scoped(scope, scope.ServiceProvider.GetRequiredService<THandler>());
                await handler.OnConnectAsync(connection).ConfigureAwait(false);
                return handler;
            }
            catch
            {
                await scope.DisposeAsync().ConfigureAwait(false); // OnClosed will not be called
                throw;
            }
        }
    }

    /// <summary>A handler with its scope.</summary>
    /// <remarks>Owner: its connection. Concurrency: as a handler. Life: the scope ends with the connection.</remarks>
    private sealed class Scoped(AsyncServiceScope scope, ConnectionHandler inner) : ConnectionHandler
    {
        public override ValueTask OnConnectAsync(Connection connection) => inner.OnConnectAsync(connection);

        public override ValueTask OnMessageAsync(Connection connection, Message message) =>
            inner.OnMessageAsync(connection, message);

        public override async ValueTask OnClosedAsync(Connection connection, CloseReason reason)
        {
            await using (scope.ConfigureAwait(false))
                await inner.OnClosedAsync(connection, reason).ConfigureAwait(false);
        }
    }
}
