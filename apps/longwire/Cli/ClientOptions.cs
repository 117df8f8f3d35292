using System.CommandLine;
using Longwire.Service.Feed;
using Longwire.Service.Hosting;
using Longwire.Transport.Layers;

namespace Longwire.Service.Cli;

/// <summary>The options of commands that ask a server.</summary>
internal sealed class ClientOptions
{
    /// <summary>The environment's servers, separated by commas.</summary>
    public const string ServerVariable = "LONGWIRE_SERVER";

    /// <summary>The account's secret; never an option, because other users see a process's command line.</summary>
    public const string SecretVariable = "LONGWIRE_SECRET";

    private readonly Option<string[]> _servers = new("--server")
    {
        HelpName = "ADDRESS",
        Description = "The server: tcp://HOST:PORT, tls://HOST:PORT or unix:///PATH; may be repeated, the next is "
            + $"asked when one is gone. Default: {ServerVariable}, or tcp://{ServiceFeed.DefaultAddress}",
        DefaultValueFactory = static _ => [],
    };

    private readonly Option<string?> _user = new("--user")
    {
        HelpName = "NAME",
        Description = $"The account, where the server wants a login; its secret is read from {SecretVariable}",
    };

    private readonly Option<string?> _authorities = new("--tls-ca")
    {
        HelpName = "FILE",
        Description = "Trusts only servers with a certificate from one of these authorities, PEM. "
            + "Default: the system's",
    };

    private readonly Option<double?> _timeout = new("--timeout")
    {
        HelpName = "SECONDS",
        Description = "Time for an answer, the connect included [default: 10]",
    };

    private readonly Option<bool> _json = new("--json") { Description = "Prints JSON, for scripts" };

    public bool IsJson(ParseResult arguments) => arguments.GetValue(_json);

    public TimeSpan Timeout(ParseResult arguments) => TimeSpan.FromSeconds(arguments.GetValue(_timeout) ?? 10);

    public void AddTo(Command command, bool waits = true)
    {
        command.Add(_servers);
        command.Add(_user);
        command.Add(_authorities);
        if (waits)
            command.Add(_timeout);
        command.Add(_json);
        command.Validators.Add(result =>
        {
            if (waits && result.GetValue(_timeout) is not (null or (> 0 and <= 86400)))
                result.AddError("--timeout: write seconds, above 0 and at most 86400.");
        });
    }

    /// <summary>A client of the server that is named.</summary>
    /// <exception cref="ArgumentException">An address is none.</exception>
    /// <exception cref="CertificateException">The authorities cannot be read.</exception>
    public FeedClient Connect(ParseResult arguments, CommandContext context)
    {
        string[] servers = arguments.GetValue(_servers) ?? [];
        if (servers.Length == 0)
        {
            string named = context.Variable(ServerVariable) is { Length: > 0 } set
                ? set
                : $"tcp://{ServiceFeed.DefaultAddress}";
            servers = named.Split(',', StringSplitOptions.TrimEntries | StringSplitOptions.RemoveEmptyEntries);
        }
        string? authorities = arguments.GetValue(_authorities);
        return new FeedClient(new FeedClientOptions
        {
            Servers = servers,
            Name = $"longwire {arguments.CommandResult.Command.Name}",
            User = arguments.GetValue(_user),
            Secret = () => context.Variable(SecretVariable) ?? "",
            Tls = host => new TlsClientOptions { TargetHost = host, Authorities = authorities },
        });
    }
}
