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
        return lifetime == HandlerLifetime.Shared
            ? Serve(endpoint, services.GetRequiredService<THandler>())
            : Serve(endpoint, new ScopedHandler<THandler>(services.GetRequiredService<IServiceScopeFactory>()));
    }

    private static EndpointBuilder<ConnectionHandler> Serve(
        EndpointBuilder<object?> endpoint, ConnectionHandler shared) => endpoint
        .OnConnect(async connection =>
        {
            await shared.OnConnectAsync(connection).ConfigureAwait(false);
            return shared;
        })
        .OnMessage(static (connection, message) => connection.Session.OnMessageAsync(connection, message))
        .OnClosed(static (connection, reason) => connection.Session.OnClosedAsync(connection, reason));

    private static EndpointBuilder<ConnectionHandler> Serve<THandler>(
        EndpointBuilder<object?> endpoint, ScopedHandler<THandler> scoped)
        where THandler : ConnectionHandler => endpoint
        .OnConnect(scoped.OpenAsync)
        .OnMessage(static (connection, message) => connection.Session.OnMessageAsync(connection, message))
        .OnClosed(static (connection, reason) => connection.Session.OnClosedAsync(connection, reason));

    /// <summary>Opens a scope with a handler in it for each connection.</summary>
    private sealed class ScopedHandler<THandler>(IServiceScopeFactory scopes)
        where THandler : ConnectionHandler
    {
        internal async ValueTask<ConnectionHandler> OpenAsync(Connection connection)
        {
            AsyncServiceScope scope = scopes.CreateAsyncScope();
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
