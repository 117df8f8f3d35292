using System.Diagnostics.CodeAnalysis;
using Longwire.Service.Console;
using Longwire.Service.Feed;

namespace Longwire.Service.Configuration;

/// <summary>What options of the command line set, by key, and which option set it.</summary>
/// <remarks>Owner: the command. Concurrency: immutable once parsed.</remarks>
internal sealed class CommandLineSettings
{
    /// <summary>The environment variable with the password of the key or of the PFX file; never an option, because
    /// other users see a process's command line.</summary>
    public const string PasswordVariable = "LONGWIRE_TLS_PASSWORD";

    private const string Console = $"longwire:endpoints:{LineConsole.Name}";
    private const string Feed = $"longwire:endpoints:{ServiceFeed.Name}";
    private const string Certificate = $"{Console}:tls:certificates:0";

    private readonly Dictionary<string, string> _options = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>What is served when the file has no endpoint.</summary>
    public static IReadOnlyDictionary<string, string?> DefaultEndpoints { get; } =
        new Dictionary<string, string?>
        {
            [$"{Console}:listen"] = LineConsole.DefaultAddress,
            [$"{Feed}:listen"] = ServiceFeed.DefaultAddress,
        };

    /// <summary>The values, by key.</summary>
    public Dictionary<string, string?> Values { get; } = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>The option that set a key, or something below it; null when none did.</summary>
    public string? OptionOf(string key) => _options.GetValueOrDefault(key)
        ?? _options.FirstOrDefault(option =>
            option.Key.StartsWith($"{key}:", StringComparison.OrdinalIgnoreCase)).Value;

    /// <summary>Takes the options that were given; or says what is wrong and how to mend it.</summary>
    public static bool TryCreate(
        string? telnet, string? feed, string[] proxies, string? certificate, string? key, string? clientAuthorities,
        Func<string, string?> environment, [NotNullWhen(true)] out CommandLineSettings? settings,
        [NotNullWhen(false)] out string? error)
    {
        settings = null;
        bool isPfx = Path.GetExtension(certificate)?.ToLowerInvariant() is ".pfx" or ".p12";
        error = certificate is not null
            ? (isPfx && key is not null ? "--tls-key: a PFX file has its key in it; leave the option out" : null)
            : key is not null ? "--tls-key: name the key's certificate with --tls-certificate, too"
            : clientAuthorities is not null ? "--tls-client-ca: TLS needs --tls-certificate, too"
            : null;
        if (error is not null)
            return false;
        settings = new CommandLineSettings();
        if (telnet is not null)
            settings.Set("--telnet", $"{Console}:listen", telnet);
        if (feed is not null)
            settings.Set("--feed", $"{Feed}:listen", feed);
        if (proxies.Length > 0)
            settings.Set("--proxy", $"{Console}:proxy", string.Join(',', proxies));
        if (certificate is not null)
        {
            settings.Set("--tls-certificate", $"{Certificate}:certificate", Path.GetFullPath(certificate));
            if (!isPfx)
                settings.Set(key is null ? "--tls-certificate" : "--tls-key", $"{Certificate}:key",
                    Path.GetFullPath(key ?? certificate));
            if (environment(PasswordVariable) is { } password)
                settings.Set(PasswordVariable, $"{Certificate}:password", password);
        }
        if (clientAuthorities is not null)
        {
            settings.Set("--tls-client-ca", $"{Console}:tls:clientCertificates", "required");
            settings.Set("--tls-client-ca", $"{Console}:tls:authorities", Path.GetFullPath(clientAuthorities));
        }
        return true;
    }

    private void Set(string option, string key, string value)
    {
        Values[key] = value;
        _options[key] = option;
    }
}
