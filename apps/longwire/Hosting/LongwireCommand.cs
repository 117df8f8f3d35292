using System.CommandLine;
using System.CommandLine.Invocation;
using System.CommandLine.Parsing;
using System.Net;
using Longwire.Service.Certificates;
using Longwire.Service.Console;
using Longwire.Transport;
using Longwire.Transport.Layers;

namespace Longwire.Service.Hosting;

/// <summary>
/// The command line: <c>longwire [serve] [--telnet ADDRESS] [--proxy NETWORK] [--data DIR]
/// [--tls-certificate FILE]</c> and
/// <c>longwire cert dev</c>.
/// </summary>
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
            Description = "Where data is kept: development certificates only, so far. Default: "
                + $"{DataFolder.Variable}, or the system's folder for the data of applications",
            Recursive = true,
        };
        var proxy = new Option<string[]>("--proxy")
        {
            HelpName = "NETWORK",
            Description = "Clients come through a balancer that sends PROXY headers: its address or network, or unix; "
                + "may be repeated. Default: clients come themselves",
            DefaultValueFactory = static _ => [],
            Recursive = true,
        };
        proxy.Validators.Add(CheckProxies);
        Option<string?> certificate = FileOption("--tls-certificate",
            "Encrypts the console with this certificate: PEM with the chain behind it, or PFX. "
                + $"A password is read from {TlsSettings.PasswordVariable}");
        Option<string?> key = FileOption(
            "--tls-key", "The certificate's key, PEM. Default: it is in the certificate's file");
        Option<string?> clientAuthorities = FileOption(
            "--tls-client-ca", "Admits only clients with a certificate from one of these authorities, PEM");
        Task<int> Serve(ParseResult arguments) => ServeAsync(
            arguments.GetValue(telnet)!, arguments.GetValue(proxy)!, arguments.GetValue(data),
            arguments.GetValue(certificate), arguments.GetValue(key), arguments.GetValue(clientAuthorities), output,
            error);
        var serve = new Command("serve", "Runs the service until Ctrl-C or SIGTERM (the default)");
        serve.SetAction((arguments, _) => Serve(arguments));
        var root = new RootCommand("Longwire pushes this machine's live status to everyone who watches.")
        {
            telnet,
            proxy,
            data,
            certificate,
            key,
            clientAuthorities,
            serve,
            CertCommand.Create(data, output, error),
        };
        root.HelpName = "longwire";
        root.Options.OfType<VersionOption>().Single().Action = new PrintVersion();
        root.SetAction((arguments, _) => Serve(arguments));
        return root;
    }

    private static Option<string?> FileOption(string name, string description) => new(name)
    {
        HelpName = "FILE",
        Description = description,
        Recursive = true,
    };

    private static async Task<int> FailAsync(string problem, TextWriter error)
    {
        await error.WriteLineAsync($"longwire: {problem}");
        return ExitCodes.Failure;
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

    private static void CheckProxies(OptionResult option)
    {
        foreach (string text in option.GetValueOrDefault<string[]>() ?? [])
        {
            bool isWhole = text.Contains(':') || text.AsSpan().Count('.') == 3; // 10 would be 0.0.0.10
            bool isKnown = text == "unix"
                || (isWhole && (IPNetwork.TryParse(text, out _) || IPAddress.TryParse(text, out _)));
            if (!isKnown)
                option.AddError(
                    $"--proxy: '{text}' is no address and no network; write 192.0.2.7, 10.0.0.0/8 or unix");
        }
    }

    private static async Task<int> ServeAsync(
        string telnet, string[] proxies, string? data, string? certificate, string? key, string? clientAuthorities,
        TextWriter output, TextWriter error)
    {
        if (!DataFolder.TryResolve(data, Environment.GetEnvironmentVariable, out string? folder, out string? why)
            || !TlsSettings.TryResolve(
                certificate, key, clientAuthorities, Environment.GetEnvironmentVariable, out TlsServerOptions? tls,
                out why))
        {
            return await FailAsync(why, error);
        }
        try
        {
            var settings = new ServeSettings(telnet, folder) { Proxies = proxies, Tls = tls };
            await using var host = new ServiceHost(settings, output, ServiceLog.ToConsole);
            return await host.RunAsync();
        }
        catch (CertificateException exception)
        {
            string option = TlsSettings.OptionFor(exception.CertificateSource, key, clientAuthorities);
            return await FailAsync($"{option}: {exception.Message}", error);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            // A ListenException above all: its message names the address and the cure.
            return await FailAsync($"--telnet: {exception.Message}", error);
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
