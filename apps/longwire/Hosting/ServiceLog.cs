using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Console;

namespace Longwire.Service.Hosting;

/// <summary>What is logged, and where to: one line an event, on standard error.</summary>
internal static class ServiceLog
{
    /// <summary>Nothing: for commands that say themselves what is wrong.</summary>
    public static void None(ILoggingBuilder logging) => logging.ClearProviders();

    /// <summary>Warnings of everyone, and what the server says about its life.</summary>
    public static void ToConsole(ILoggingBuilder logging)
    {
        logging.SetMinimumLevel(LogLevel.Warning);
        logging.AddFilter("Longwire", LogLevel.Information);
        // A failed start is told once, in one line, by LongwireCommand; the host would add a stack trace.
        logging.AddFilter("Microsoft.Extensions.Hosting.Internal.Host", LogLevel.Critical);
        logging.AddSimpleConsole(options =>
        {
            options.SingleLine = true;
            options.UseUtcTimestamp = true;
            options.TimestampFormat = "yyyy-MM-dd'T'HH:mm:ss'Z' ";
        });
        logging.Services.Configure<ConsoleLoggerOptions>(options =>
        {
            options.LogToStandardErrorThreshold = LogLevel.Trace;
            // Loops log, and a loop waits for nobody: not for a terminal that was stopped with Ctrl-S either.
            options.QueueFullMode = ConsoleLoggerQueueFullMode.DropWrite;
        });
    }
}
