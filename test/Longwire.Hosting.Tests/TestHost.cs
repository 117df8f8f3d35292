using System.Net;
using System.Net.Sockets;
using System.Text;
using Longwire.Transport;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace Longwire.Hosting.Tests;

/// <summary>A host with an echo that numbers its lines, on a port of the system's choice.</summary>
internal sealed class TestHost(IHost host) : IAsyncDisposable
{
    public static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    public HandlerLog Log => Service<HandlerLog>();

    public static TestHost Create(HandlerLifetime lifetime, params (string Key, string Value)[] settings) =>
        Create(lifetime, static (_, _) => { }, settings);

    public static TestHost Create(
        HandlerLifetime lifetime, Action<IServiceProvider, TcpServerBuilder> server,
        params (string Key, string Value)[] settings)
    {
        HostApplicationBuilder builder = Host.CreateEmptyApplicationBuilder(new HostApplicationBuilderSettings());
        builder.Configuration.AddInMemoryCollection(settings.Prepend(("endpoints:echo:listen", ":0"))
            .GroupBy(static setting => setting.Item1).ToDictionary(
                static setting => $"longwire:{setting.Key}", static setting => (string?)setting.Last().Item2));
        builder.Services
            .AddSingleton<HandlerLog>()
            .AddScoped<HandlerScope>()
            .AddLongwire(builder.Configuration, longwire => longwire
                .Handler<NumberedEcho>("echo", Lines.Utf8(maxBytes: 100), "127.0.0.1:0", lifetime)
                .Section("sources")
                .ConfigureServer(server));
        if (lifetime == HandlerLifetime.Shared)
            builder.Services.AddSingleton<HandlerScope>();
        return new TestHost(builder.Build());
    }

    public T Service<T>()
        where T : notnull => host.Services.GetRequiredService<T>();

    public Task StartAsync() => host.StartAsync(TestContext.Current.CancellationToken);

    public Task StopAsync() => host.StopAsync(TestContext.Current.CancellationToken);

    public async Task<HealthStatus> HealthAsync() =>
        (await new LongwireHealthCheck(Service<TcpServer>(), Service<LongwireStatus>()).CheckHealthAsync(
            new HealthCheckContext(), TestContext.Current.CancellationToken)).Status;

    /// <summary>Connects, sends a line, and returns all that comes back.</summary>
    public async Task<string> AskAsync(string line)
    {
        var end = (IPEndPoint)ListenAddress.Parse(Service<TcpServer>().Addresses[0]).EndPoint;
        using var client = new TcpClient();
        try
        {
            await client.ConnectAsync(end, TestContext.Current.CancellationToken);
            using var reader = new StreamReader(client.GetStream());
            await client.GetStream().WriteAsync(
                Encoding.UTF8.GetBytes($"{line}\n"), TestContext.Current.CancellationToken);
            client.Client.Shutdown(SocketShutdown.Send);
            string all = await reader.ReadToEndAsync(TestContext.Current.CancellationToken)
                .WaitAsync(Deadline, TestContext.Current.CancellationToken);
            return all.TrimEnd();
        }
        catch (Exception exception) when (exception is IOException or SocketException)
        {
            return ""; // aborted
        }
    }

    public async ValueTask DisposeAsync() => await ((IAsyncDisposable)host).DisposeAsync();
}

/// <summary>What handlers did.</summary>
internal sealed class HandlerLog
{
    public int Made;
    public int Closed;
    public int ScopesEnded;

    public bool FailConnect { get; set; }
}

/// <summary>A scoped service.</summary>
internal sealed class HandlerScope(HandlerLog log) : IDisposable
{
    private bool _isDisposed;

    public int Lines { get; set; }

    public void Dispose()
    {
        Assert.False(_isDisposed);
        _isDisposed = true;
        Interlocked.Increment(ref log.ScopesEnded);
    }
}

/// <summary>Answers each line with its number.</summary>
internal sealed class NumberedEcho : ConnectionHandler
{
    private readonly HandlerLog _log;
    private readonly HandlerScope _scope;

    public NumberedEcho(HandlerLog log, HandlerScope scope, TcpServer server, Hub hub)
    {
        Assert.Same(server.Hub, hub); // both can be asked for, though the server is made with its handlers
        (_log, _scope) = (log, scope);
        Interlocked.Increment(ref log.Made);
    }

    public override ValueTask OnConnectAsync(Connection connection) => _log.FailConnect
        ? throw new InvalidOperationException("It was told to fail.")
        : base.OnConnectAsync(connection);

    public override ValueTask OnMessageAsync(Connection connection, Message message)
    {
        connection.Send(Encoding.UTF8.GetBytes($"{++_scope.Lines}:{Encoding.UTF8.GetString(message.Span)}"));
        return ValueTask.CompletedTask;
    }

    public override ValueTask OnClosedAsync(Connection connection, CloseReason reason)
    {
        Interlocked.Increment(ref _log.Closed);
        return ValueTask.CompletedTask;
    }
}
