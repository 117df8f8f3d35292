namespace Longwire.Service;

/// <summary>
/// Where data belongs: said on the command line, in the environment, or the system's own place – never the working
/// directory.
/// </summary>
internal static class DataFolder
{
    internal const string Variable = "LONGWIRE_DATA";

    internal static DirectoryInfo Resolve(DirectoryInfo? option)
    {
        if (option is not null)
            return option;
        if (Environment.GetEnvironmentVariable(Variable) is { Length: > 0 } path)
            return new DirectoryInfo(path);
        Environment.SpecialFolder place = OperatingSystem.IsWindows()
            ? Environment.SpecialFolder.CommonApplicationData
            : Environment.SpecialFolder.LocalApplicationData;
        return new DirectoryInfo(Path.Combine(Environment.GetFolderPath(place), "longwire"));
    }
}
