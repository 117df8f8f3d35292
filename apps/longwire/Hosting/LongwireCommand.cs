using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using Longwire.Service.Console;
using Longwire.Transport;

namespace Longwire.Service.Hosting;

/// <summary>The command line: <c>longwire [serve] [--telnet ADDRESS] [--data DIR]</c>.</summary>
internal static class LongwireCommand
{
    private const string DefaultTelnet = "127.0.0.1:2323";

    /// <summary>Parses, runs until the end, and returns the exit code.</summary>
    public static async Task<int> RunAsync(IReadOnlyList<string> args, TextWriter output, TextWriter error)
    {
        ParseResult parsed = Create(output, error).Parse(args);
        if (parsed.Errors.Count > 0)
        {
            await error.WriteLineAsync($"longwire: {parsed.Errors[0].Message.TrimEnd('.')}; see longwire --help");
            return ExitCodes.Usage;
        }
        return await parsed.InvokeAsync(new InvocationConfiguration
        {
            Output = output,
            Error = error,
            // Its default ends the process 2 s after SIGTERM with 143; ours drains, and SignalLifetime sees to it.
            ProcessTerminationTimeout = null,
            EnableDefaultExceptionHandler = false,
        });
    }

    private static RootCommand Create(TextWriter output, TextWriter error)
    {
        var telnet = new Option<string>("--telnet")
        {
            HelpName = "ADDRESS",
            Description = "Where the line console listens: HOST:PORT, :PORT (this machine only), "
                + "*:PORT (every address) or unix:///PATH. Port 0 lets the system choose",
            DefaultValueFactory = _ => DefaultTelnet,
            Recursive = true,
        };
        telnet.Validators.Add(CheckAddress);
        var data = new Option<string?>("--data")
        {
            HelpName = "DIR",
            Description = "Where data is kept. Nothing is stored there yet. Default: "
                + $"{DataFolder.Variable}, or the system's folder for the data of applications",
            Recursive = true,
        };
        Task<int> Serve(ParseResult arguments) =>
            ServeAsync(arguments.GetValue(telnet)!, arguments.GetValue(data), output, error);
        var serve = new Command("serve", "Runs the service until Ctrl-C or SIGTERM (the default)");
        serve.SetAction((arguments, _) => Serve(arguments));
        var root = new RootCommand("Longwire pushes this machine's live status to everyone who watches.")
        {
            telnet,
            data,
            serve,
        };
        root.HelpName = "longwire";
        root.Options.OfType<VersionOption>().Single().Action = new PrintVersion();
        root.SetAction((arguments, _) => Serve(arguments));
        return root;
    }

    private static void CheckAddress(OptionResult option)
    {
        try
        {
            ListenAddress.Parse(option.GetValueOrDefault<string>() ?? "");
        }
        catch (FormatException exception)
        {
            option.AddError($"--telnet: {exception.Message}");
        }
    }

    private static async Task<int> ServeAsync(string telnet, string? data, TextWriter output, TextWriter error)
    {
        if (!DataFolder.TryResolve(data, Environment.GetEnvironmentVariable, out string? folder, out string? why))
        {
            await error.WriteLineAsync($"longwire: {why}");
            return ExitCodes.Failure;
        }
        try
        {
            await using var host = new ServiceHost(new ServeSettings(telnet, folder), output, ServiceLog.ToConsole);
            return await host.RunAsync();
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A ListenException above all: its message names the address and the cure.
            await error.WriteLineAsync($"longwire: --telnet: {exception.Message}");
            return ExitCodes.Failure;
        }
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
