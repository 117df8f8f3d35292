using System.Collections;

namespace Longwire.Service.Hosting;

/// <summary>What a command has around it: where it writes, and the environment.</summary>
internal sealed record CommandContext(
    TextWriter Output, TextWriter Error, IReadOnlyDictionary<string, string> Environment)
{
    /// <summary>A variable's value, or null.</summary>
    public string? Variable(string name) => Environment.GetValueOrDefault(name);

    /// <summary>Says what is wrong, a line each, and returns the exit code.</summary>
    public async Task<int> FailAsync(int code, params string[] problems)
    {
        foreach (string problem in problems)
            await Error.WriteLineAsync($"longwire: {problem}");
        return code;
    }

    /// <summary>The variables of this process.</summary>
    public static Dictionary<string, string> OfTheProcess() => System.Environment.GetEnvironmentVariables()
        .Cast<DictionaryEntry>().ToDictionary(
            static variable => (string)variable.Key, static variable => (string?)variable.Value ?? "",
            OperatingSystem.IsWindows() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal);
}
