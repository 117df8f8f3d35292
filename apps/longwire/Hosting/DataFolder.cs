using System.Diagnostics.CodeAnalysis;

namespace Longwire.Service.Hosting;

/// <summary>Where the service keeps what outlives it: the option, the variable, the system's place for it.</summary>
internal static class DataFolder
{
    /// <summary>The environment variable that counts when the option is not given.</summary>
    public const string Variable = "LONGWIRE_DATA";

    /// <summary>Resolves the folder, which need not exist; or says what is wrong and how to mend it.</summary>
    /// <remarks>
    /// The working directory plays no part unless somebody typed a relative path after <c>--data</c>: started from
    /// elsewhere, a service must not find another set of data.
    /// </remarks>
    public static bool TryResolve(
        string? option, Func<string, string?> environment,
        [NotNullWhen(true)] out string? folder, [NotNullWhen(false)] out string? error)
    {
        folder = error = null;
        if (option is not null)
            return Check("--data", option.Length == 0 ? "" : Path.GetFullPath(option), out folder, out error);
        if (environment(Variable) is { Length: > 0 } variable)
        {
            if (Path.IsPathFullyQualified(variable))
                return Check(Variable, variable, out folder, out error);
            error = $"{Variable}: '{variable}' is relative; write the whole path, as in /var/lib/longwire";
            return false;
        }
        // DoNotVerify: the place counts even when nobody has made the folder yet.
        string standard = Environment.GetFolderPath(
            Environment.SpecialFolder.LocalApplicationData, Environment.SpecialFolderOption.DoNotVerify);
        if (standard.Length > 0)
            return Check("--data", Path.Combine(standard, "longwire"), out folder, out error);
        error = $"--data: this user has no folder for data; name one with --data or {Variable}";
        return false;
    }

    private static bool Check(
        string setting, string path, [NotNullWhen(true)] out string? folder, [NotNullWhen(false)] out string? error)
    {
        folder = error = null;
        if (path.Length == 0)
            error = $"{setting}: the path is empty; name a folder";
        else if (File.Exists(path))
            error = $"{setting}: '{path}' is a file; name a folder";
        else
            folder = path;
        return folder is not null;
    }
}
