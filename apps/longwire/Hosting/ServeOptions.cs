using System.CommandLine;
using System.Diagnostics.CodeAnalysis;
using Longwire.Service.Configuration;
using Longwire.Service.Console;
using Longwire.Service.Feed;

namespace Longwire.Service.Hosting;

/// <summary>The options that say what is served; the last layer of the configuration.</summary>
internal sealed class ServeOptions
{
    private readonly Option<string?> _file = Create(
        "--config", "FILE", "The configuration file; see longwire config. Default: "
            + $"{ConfigurationFile.Variable}, the user's, or the machine's longwire.json; none is needed");

    private readonly Option<string?> _telnet = Create(
        "--telnet", "ADDRESS", "Where the line console listens: HOST:PORT, :PORT (this machine only), "
            + "*:PORT (every address) or unix:///PATH. Port 0 lets the system choose "
            + $"[default: {LineConsole.DefaultAddress}]");

    private readonly Option<string?> _feed = Create(
        "--feed", "ADDRESS", "Where Feed listens, for longwire watch and other programs; as --telnet "
            + $"[default: {ServiceFeed.DefaultAddress}]");

    private readonly Option<string[]> _proxy = new("--proxy")
    {
        HelpName = "NETWORK",
        Description = "Clients come through a balancer that sends PROXY headers: its address or network, or unix; "
            + "may be repeated. Default: clients come themselves",
        DefaultValueFactory = static _ => [],
        Recursive = true,
    };

    private readonly Option<string?> _certificate = Create(
        "--tls-certificate", "FILE", "Encrypts the console with this certificate: PEM with the chain behind it, or "
            + $"PFX. A password is read from {CommandLineSettings.PasswordVariable}");

    private readonly Option<string?> _key = Create(
        "--tls-key", "FILE", "The certificate's key, PEM. Default: it is in the certificate's file");

    private readonly Option<string?> _clientAuthorities = Create(
        "--tls-client-ca", "FILE", "Admits only clients with a certificate from one of these authorities, PEM");

    /// <summary>Where data is kept.</summary>
    public Option<string?> DataFolder { get; } = Create(
        "--data", "DIR", "Where data is kept: development certificates only, so far. Default: "
            + $"{Hosting.DataFolder.Variable}, or the system's folder for the data of applications");

    /// <summary>All of them, in the order of the help.</summary>
    public IEnumerable<Option> All =>
        [_file, _telnet, _feed, _proxy, DataFolder, _certificate, _key, _clientAuthorities];

    /// <summary>The configuration with these options as its last layer; or what is wrong and how to mend it.</summary>
    public bool TryLoad(
        ParseResult arguments, CommandContext context, [NotNullWhen(true)] out ServiceConfiguration? configuration,
        [NotNullWhen(false)] out string? error)
    {
        configuration = null;
        return Hosting.DataFolder.TryResolve(
                arguments.GetValue(DataFolder), context.Variable, out _, out error)
            && CommandLineSettings.TryCreate(
                arguments.GetValue(_telnet), arguments.GetValue(_feed), arguments.GetValue(_proxy) ?? [],
                arguments.GetValue(_certificate), arguments.GetValue(_key), arguments.GetValue(_clientAuthorities),
                context.Variable,
                out CommandLineSettings? settings, out error)
            && ServiceConfiguration.TryLoad(
                arguments.GetValue(_file), context.Environment, settings, out configuration, out error);
    }

    private static Option<string?> Create(string name, string value, string description) => new(name)
    {
        HelpName = value,
        Description = description,
        Recursive = true,
    };
}
