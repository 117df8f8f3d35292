using System.CommandLine;
using System.CommandLine.Invocation;
using Longwire.Service.Certificates;
using Longwire.Service.Cli;
using Longwire.Service.Configuration;
using Longwire.Service.Console;
using Longwire.Service.Installation;

namespace Longwire.Service.Hosting;

/// <summary>
/// The command line: <c>longwire [serve] [--config FILE] [--telnet ADDRESS] [--proxy NETWORK] [--data DIR]
/// [--tls-certificate FILE]</c>, <c>longwire config [init | check]</c>, <c>longwire health</c>,
/// <c>longwire install</c>, <c>longwire uninstall</c> and <c>longwire cert dev</c>.
/// </summary>
internal static class LongwireCommand
{
    /// <summary>Parses, runs until the end, and returns the exit code.</summary>
    /// <param name="args">The arguments.</param>
    /// <param name="output">Standard output.</param>
    /// <param name="error">Standard error.</param>
    /// <param name="environment">The environment's variables. Default: those of the process.</param>
    public static async Task<int> RunAsync(
        IReadOnlyList<string> args, TextWriter output, TextWriter error,
        IReadOnlyDictionary<string, string>? environment = null)
    {
        var context = new CommandContext(output, error, environment ?? CommandContext.OfTheProcess());
        ParseResult parsed = Create(context).Parse(args);
        if (parsed.Errors.Count > 0)
            return await context.FailAsync(
                ExitCodes.Usage, $"{parsed.Errors[0].Message.TrimEnd('.')}; see longwire --help");
        return await parsed.InvokeAsync(new InvocationConfiguration
        {
            Output = output,
            Error = error,
            // Its default ends the process 2 s after SIGTERM with 143; ours drains, and SignalLifetime sees to it.
            ProcessTerminationTimeout = null,
            EnableDefaultExceptionHandler = false,
        });
    }

    private static RootCommand Create(CommandContext context)
    {
        var options = new ServeOptions();
        var serve = new Command("serve", "Runs the service until Ctrl-C or SIGTERM (the default)");
        serve.SetAction((arguments, _) => ServeCommand.RunAsync(options, arguments, context));
        var root = new RootCommand("Longwire pushes this machine's live status to everyone who watches.");
        foreach (Option option in options.All)
            root.Add(option);
        root.Add(serve);
        root.Add(ConfigCommand.Create(options, context));
        root.Add(DoctorCommand.Create(options, context));
        root.Add(HealthCommand.Create(options, context));
        root.Add(CertCommand.Create(options.DataFolder, context.Output, context.Error));
        foreach (Command command in ClientCommands.Create(context).Concat(InstallCommand.Create(options, context)))
            root.Add(command);
        root.HelpName = "longwire";
        root.Options.OfType<VersionOption>().Single().Action = new PrintVersion();
        root.SetAction((arguments, _) => ServeCommand.RunAsync(options, arguments, context));
        return root;
    }

    private sealed class PrintVersion : SynchronousCommandLineAction
    {
        public override int Invoke(ParseResult parseResult)
        {
            parseResult.InvocationConfiguration.Output.WriteLine($"longwire {LineConsole.Version}");
            return ExitCodes.Success;
        }
    }
}
