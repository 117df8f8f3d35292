using System.Net.Security;
using Longwire.Transport.Layers;
using Microsoft.Extensions.Logging;

namespace Longwire.Kerberos;

/// <summary>An echo behind Negotiate; says on standard output where it listens, and what it logs.</summary>
internal static class Server
{
    internal static async Task<int> RunAsync(PollerKind poller, ProtectionLevel protection, string[] allowed)
    {
        await using TcpServer server = TcpServer.Create(o => o
            .Poller(poller)
            .Logging(new Output())
            .Listen("tcp://127.0.0.1:0", e => e
                .UseNegotiate(new NegotiateServerOptions { Protection = protection, Allowed = allowed })
                .Framing(LengthPrefix.BigEndian32(maxBytes: 1 << 20))
                .OnConnect(static connection =>
                {
                    Console.WriteLine($"identity {connection.Identity!.Name} {connection.Identity.AuthenticationType}");
                    return connection.Id;
                })
                .OnMessageInline(static (connection, message) => connection.Send(message))));
        await server.StartAsync();
        Console.WriteLine($"listening {server.Addresses[0]["tcp://".Length..]}");
        Console.In.ReadToEnd(); // until the test lets go
        return 0;
    }

    private sealed class Output : ILoggerFactory, ILogger
    {
        public ILogger CreateLogger(string categoryName) => this;

        public void AddProvider(ILoggerProvider provider) => throw new NotSupportedException();

        public void Dispose()
        {
        }

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => true;

        public void Log<TState>(
            LogLevel logLevel, EventId eventId, TState state, Exception? exception,
            Func<TState, Exception?, string> formatter) =>
            Console.WriteLine($"{eventId.Id} {formatter(state, exception)}");
    }
}
