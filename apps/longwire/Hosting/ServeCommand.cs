using System.CommandLine;
using Longwire.Hosting.Settings;
using Longwire.Service.Configuration;
using Microsoft.Extensions.Logging;

namespace Longwire.Service.Hosting;

/// <summary>The command line: <c>longwire [serve]</c>.</summary>
internal static class ServeCommand
{
    public static Task<int> RunAsync(ServeOptions options, ParseResult arguments, CommandContext context) =>
        WithHostAsync(options, arguments, context, ServiceLog.ToConsole, async (_, host) =>
            await TryStartAsync(host) is { } refusal
                ? await context.FailAsync(ExitCodes.Failure, $"the service cannot start: {refusal}")
                : await host.WaitAsync());

    /// <summary>
    /// Makes the host that the settings describe, for what a command does with it, which need not be to start it; a
    /// mistake in them is told.
    /// </summary>
    public static async Task<int> WithHostAsync(
        ServeOptions options, ParseResult arguments, CommandContext context, Action<ILoggingBuilder> logging,
        Func<ServiceConfiguration, ServiceHost, Task<int>> use)
    {
        if (!options.TryLoad(arguments, context, out ServiceConfiguration? configuration, out string? error))
            return await context.FailAsync(ExitCodes.Failure, error);
        try
        {
            await using var host = new ServiceHost(configuration.Root, context.Output, logging);
            return await use(configuration, host);
        }
        catch (SettingsException exception)
        {
            return await FailAsync(exception, configuration, context);
        }
    }

    /// <summary>
    /// What the system refused that no setting is to blame for, such as descriptors; null for nothing.
    /// </summary>
    private static async Task<string?> TryStartAsync(ServiceHost host)
    {
        try
        {
            await host.StartAsync();
            return null;
        }
        catch (InvalidOperationException exception)
        {
            return exception.Message;
        }
    }

    /// <summary>Says what is wrong in the words of whoever wrote it, a line each.</summary>
    private static Task<int> FailAsync(
        SettingsException exception, ServiceConfiguration configuration, CommandContext context)
    {
        // What the system refused is no mistake of the command line; what cannot be right is.
        bool isUsage = exception.InnerException is null
            && exception.Problems.All(problem => configuration.SourceOf(problem.Key).IsOption);
        return context.FailAsync(
            isUsage ? ExitCodes.Usage : ExitCodes.Failure,
            [.. exception.Problems.Select(problem =>
                configuration.Describe(problem) + (isUsage ? "; see longwire --help" : ""))]);
    }
}
