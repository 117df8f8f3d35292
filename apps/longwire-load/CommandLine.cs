using System.CommandLine;
using System.CommandLine.Invocation;
using System.ComponentModel;
using Longwire.Load.Comparing;
using Longwire.Load.Crews;
using Longwire.Load.Reporting;
using Longwire.Load.Scenarios;
using Longwire.Load.Soaking;

namespace Longwire.Load;

/// <summary>All commands, and what the process ends with.</summary>
internal static class CommandLine
{
    /// <summary>Runs a command: 0 is good, 1 is a run that was bad or broke off, 2 is a wrong command line.</summary>
    internal static async Task<int> RunAsync(string[] arguments, TextWriter output, TextWriter error)
    {
        ParseResult parsed = Root().Parse(arguments);
        if (parsed.Action is ParseErrorAction wrong)
            wrong.ShowHelp = false; // the message names the option and the cure; pages of help would hide it
        try
        {
            int code = await parsed.InvokeAsync(new InvocationConfiguration
            {
                EnableDefaultExceptionHandler = false,
                ProcessTerminationTimeout = null, // started servers are ended first, however many there are
                Output = output,
                Error = error,
            });
            return parsed.Errors.Count > 0 ? ExitCodes.Usage : code;
        }
        catch (ArgumentException exception)
        {
            error.WriteLine(exception.Message);
            return ExitCodes.Usage;
        }
        catch (Exception exception) when (exception is InvalidOperationException or OperationCanceledException
            or IOException or UnauthorizedAccessException or TimeoutException or Win32Exception)
        {
            error.WriteLine(exception.Message);
            return ExitCodes.Bad;
        }
    }

    internal static RootCommand Root()
    {
        var root = new RootCommand("longwire-load: many cheap clients, and what they cost a server");
        foreach (Scenario scenario in Scenario.All)
            root.Add(ScenarioCommand.Create(scenario));
        root.Add(DrainCommand.Create());
        root.Add(SoakCommand.Create());
        root.Add(CompareCommand.Create());
        root.Add(ReportCommand.Command);
        root.Add(WorkerCommand.Create());
        return root;
    }
}
