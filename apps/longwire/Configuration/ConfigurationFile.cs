using System.Diagnostics.CodeAnalysis;
using System.Text.Json;
using Microsoft.Extensions.Configuration;

namespace Longwire.Service.Configuration;

/// <summary>Where the configuration file is, and what is in it.</summary>
internal static class ConfigurationFile
{
    /// <summary>The environment variable that counts when the option is not given.</summary>
    public const string Variable = "LONGWIRE_CONFIG";

    private const string Name = "longwire.json";

    /// <summary>
    /// The file that counts: the option's, the variable's, the user's, the machine's; null when there is none. The
    /// working directory plays no part unless somebody typed a relative path after <c>--config</c>.
    /// </summary>
    public static bool TryFind(
        string? option, Func<string, string?> environment, out string? path, [NotNullWhen(false)] out string? error)
    {
        error = null;
        path = option is { Length: > 0 } ? Path.GetFullPath(option) : null;
        if (path is not null)
            error = Missing("--config", path);
        else if (environment(Variable) is { Length: > 0 } variable)
        {
            path = variable;
            error = Path.IsPathFullyQualified(variable)
                ? Missing(Variable, variable)
                : $"{Variable}: '{variable}' is relative; write the whole path, as in /etc/longwire/{Name}";
        }
        else
            path = Array.Find([UserPath(environment), MachinePath], static candidate => File.Exists(candidate));
        return error is null;
    }

    /// <summary>Where <c>config init</c> writes by default: the machine's place for root, else the user's.</summary>
    public static string? StandardPath(Func<string, string?> environment) =>
        Environment.IsPrivilegedProcess && !OperatingSystem.IsWindows() ? MachinePath : UserPath(environment);

    /// <summary>Reads a file; or says where it is wrong.</summary>
    public static bool TryRead(
        string path, [NotNullWhen(true)] out IConfigurationRoot? configuration,
        [NotNullWhen(false)] out string? error)
    {
        configuration = null;
        try
        {
            using FileStream stream = File.OpenRead(path);
            configuration = new ConfigurationBuilder().AddJsonStream(stream).Build();
            error = null;
            return true;
        }
        catch (JsonException exception)
        {
            error = $"{path}, line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}: "
                + Sentence(exception.Message);
        }
        catch (FormatException exception) // a key that is there twice
        {
            error = $"{path}: {exception.Message.TrimEnd('.')}; leave one of them";
        }
        catch (UnauthorizedAccessException)
        {
            error = $"{path}: permission denied; let the user {Environment.UserName} read it";
        }
        catch (IOException exception)
        {
            error = $"{path}: it cannot be read: {exception.Message}";
        }
        return false;
    }

    private static string MachinePath { get; } = OperatingSystem.IsWindows()
        ? Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.CommonApplicationData), "longwire", Name)
        : $"/etc/longwire/{Name}";

    private static string? UserPath(Func<string, string?> environment)
    {
        string? folder = OperatingSystem.IsWindows() || OperatingSystem.IsMacOS()
            ? Environment.GetFolderPath(
                Environment.SpecialFolder.ApplicationData, Environment.SpecialFolderOption.DoNotVerify)
            : XdgFolder(environment);
        return folder is { Length: > 0 } ? Path.Combine(folder, "longwire", Name) : null;
    }

    /// <summary>XDG Base Directory Specification: a relative path is to be ignored.</summary>
    private static string? XdgFolder(Func<string, string?> environment)
    {
        if (environment("XDG_CONFIG_HOME") is { } folder && Path.IsPathFullyQualified(folder))
            return folder;
        return environment("HOME") is { Length: > 0 } home ? Path.Combine(home, ".config") : null;
    }

    private static string? Missing(string setting, string path) => File.Exists(path) ? null
        : Directory.Exists(path) ? $"{setting}: '{path}' is a folder; name the file, such as {Path.Combine(path, Name)}"
        : $"{setting}: there is no file '{path}'; check the path, or write one with: longwire config init {path}";

    /// <summary>The parser's message without its own, zero-based position.</summary>
    private static string Sentence(string message)
    {
        int position = message.IndexOf(" LineNumber:", StringComparison.Ordinal);
        return (position < 0 ? message : message[..position]).TrimEnd('.');
    }
}
