using System.Collections.Concurrent;
using Microsoft.Extensions.Logging;

namespace Longwire.ServerTests;

/// <summary>Keeps what a server logs.</summary>
internal sealed class RecordingLogs : ILoggerFactory, ILogger
{
    internal ConcurrentQueue<(LogLevel Level, EventId Id, string Text)> Entries { get; } = [];

    internal IEnumerable<string> Errors =>
        Entries.Where(static entry => entry.Level >= LogLevel.Error)
            .Select(static entry => $"{entry.Id}: {entry.Text}");

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
        Entries.Enqueue((logLevel, eventId, $"{formatter(state, exception)} {exception}"));
}
