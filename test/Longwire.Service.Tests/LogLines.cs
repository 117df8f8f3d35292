using Microsoft.Extensions.Logging;

namespace Longwire.Service.Tests;

/// <summary>Keeps what is logged, and lets a test wait for a line.</summary>
internal sealed class LogLines : ILoggerProvider, ILogger
{
    private readonly Lock _gate = new();
    private readonly List<string> _lines = [];
    private readonly List<string> _troubles = [];
    private TaskCompletionSource _next = new(TaskCreationOptions.RunContinuationsAsynchronously);

    /// <summary>Warnings and worse.</summary>
    public IReadOnlyList<string> Troubles
    {
        get
        {
            lock (_gate)
                return [.. _troubles];
        }
    }

    public ILogger CreateLogger(string categoryName) => this;

    public IDisposable? BeginScope<TState>(TState state)
        where TState : notnull => null;

    public bool IsEnabled(LogLevel logLevel) => true;

    public void Log<TState>(
        LogLevel logLevel, EventId eventId, TState state, Exception? exception,
        Func<TState, Exception?, string> formatter)
    {
        TaskCompletionSource next;
        lock (_gate)
        {
            _lines.Add(formatter(state, exception));
            // The watchdog's word about a held loop says that the machine is busy, not that something is wrong.
            if (logLevel >= LogLevel.Warning && eventId.Id is not (1202 or 1205))
                _troubles.Add($"{eventId.Id} {formatter(state, exception)} {exception}");
            next = _next;
            _next = new TaskCompletionSource(TaskCreationOptions.RunContinuationsAsynchronously);
        }
        next.TrySetResult();
    }

    public async Task WaitForAsync(string text)
    {
        while (true)
        {
            Task next;
            lock (_gate)
            {
                if (_lines.Exists(line => line.Contains(text, StringComparison.Ordinal)))
                    return;
                next = _next.Task;
            }
            try
            {
                await next.WaitAsync(LineClient.Deadline, TestContext.Current.CancellationToken);
            }
            catch (TimeoutException)
            {
                Assert.Fail($"Waited {LineClient.Deadline} for the log line '{text}'.");
            }
        }
    }

    public void Dispose()
    {
    }
}
