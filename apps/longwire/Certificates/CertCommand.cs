using System.CommandLine;
using Longwire.Service.Hosting;

namespace Longwire.Service.Certificates;

/// <summary>The command line: <c>longwire cert dev [--name NAME]</c>.</summary>
internal static class CertCommand
{
    private static readonly string[] s_own = ["localhost", "127.0.0.1", "::1"];

    public static Command Create(Option<string?> data, TextWriter output, TextWriter error)
    {
        var names = new Option<string[]>("--name")
        {
            HelpName = "NAME",
            Description = "A further host name or address that clients may use; may be repeated. "
                + "localhost, 127.0.0.1, ::1 and this machine's name are in it anyway",
            DefaultValueFactory = static _ => [],
        };
        var dev = new Command("dev", "Makes a certificate for development, and says how to use and to trust it")
        {
            names,
        };
        dev.SetAction((arguments, _) => MakeAsync(arguments.GetValue(data), arguments.GetValue(names)!, output, error));
        return new Command("cert", "Certificates") { dev };
    }

    private static async Task<int> MakeAsync(string? data, string[] names, TextWriter output, TextWriter error)
    {
        if (!DataFolder.TryResolve(data, Environment.GetEnvironmentVariable, out string? folder, out string? why))
        {
            await error.WriteLineAsync($"longwire: {why}");
            return ExitCodes.Failure;
        }
        string[] all = [.. s_own, Environment.MachineName, .. names];
        try
        {
            (string certificate, string key, DateTimeOffset expires) = DevelopmentCertificate.Write(
                folder, all.Distinct(StringComparer.OrdinalIgnoreCase).ToArray(), TimeProvider.System.GetUtcNow());
            await output.WriteLineAsync($"""
                certificate  {certificate}
                key          {key}
                names        {string.Join(", ", all.Distinct(StringComparer.OrdinalIgnoreCase))}
                expires      {expires:yyyy-MM-dd}

                Serve with it:   longwire --tls-certificate {certificate} --tls-key {key}
                Look at it:      openssl s_client -connect localhost:2323 -CAfile {certificate} -quiet
                Trust it, for one program: name the certificate as its authority, as above; for all of them:
                  Debian, Ubuntu   sudo cp {certificate} /usr/local/share/ca-certificates/longwire-dev.crt
                                   sudo update-ca-certificates
                  Fedora           sudo trust anchor {certificate}
                  macOS            security add-trusted-cert -k ~/Library/Keychains/login.keychain-db {certificate}
                  Windows          certutil -user -addstore Root {certificate}
                It is for development: who has the key can pose as these names to all that trust it.
                """);
            return ExitCodes.Success;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            await error.WriteLineAsync($"longwire: --data: {exception.Message}");
            return ExitCodes.Failure;
        }
    }
}
