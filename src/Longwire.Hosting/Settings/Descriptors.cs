using System.Globalization;

namespace Longwire.Hosting.Settings;

/// <summary>How many descriptors this process may open.</summary>
internal static class Descriptors
{
    /// <summary>
    /// The soft limit (RLIMIT_NOFILE), which the runtime raises to the hard one as it starts; null where the system
    /// does not tell, or there is none.
    /// </summary>
    internal static int? Limit { get; } = OperatingSystem.IsLinux() ? Read("/proc/self/limits") : null;

    internal static int? Read(string path)
    {
        try
        {
            string? line = File.ReadLines(path).FirstOrDefault(
                static line => line.StartsWith("Max open files", StringComparison.Ordinal));
            string[] words = line?.Split(' ', StringSplitOptions.RemoveEmptyEntries) ?? [];
            return words.Length > 3 && int.TryParse(words[3], CultureInfo.InvariantCulture, out int soft) ? soft : null;
        }
        catch (IOException)
        {
            return null; // no /proc in this container: nothing to compare with
        }
    }
}
