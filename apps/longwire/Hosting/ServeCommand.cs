using System.CommandLine;
using Longwire.Hosting.Settings;
using Longwire.Service.Configuration;

namespace Longwire.Service.Hosting;

/// <summary>The command line: <c>longwire [serve]</c>.</summary>
internal static class ServeCommand
{
    public static async Task<int> RunAsync(ServeOptions options, ParseResult arguments, CommandContext context)
    {
        if (!options.TryLoad(arguments, context, out ServiceConfiguration? configuration, out string? error))
            return await context.FailAsync(ExitCodes.Failure, error);
        try
        {
            await using var host = new ServiceHost(configuration.Root, context.Output, ServiceLog.ToConsole);
            if (await TryStartAsync(host) is { } refusal)
                return await context.FailAsync(ExitCodes.Failure, $"the service cannot start: {refusal}");
            return await host.WaitAsync();
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
    public static Task<int> FailAsync(
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
