using System.Diagnostics.CodeAnalysis;
using Longwire.Hosting.Settings;
using Microsoft.Extensions.Configuration;

namespace Longwire.Service.Configuration;

/// <summary>
/// The layers of configuration, each over those before: defaults, the file, the environment, the command line.
/// </summary>
/// <remarks>Owner: the command. Concurrency: immutable once made.</remarks>
internal sealed class ServiceConfiguration
{
    private const string Prefix = "LONGWIRE__";
    private const string Section = "longwire";

    private readonly IConfigurationRoot _file;
    private readonly Dictionary<string, string?> _environment;
    private readonly CommandLineSettings _commandLine;

    private ServiceConfiguration(
        IConfigurationRoot file, Dictionary<string, string?> environment, CommandLineSettings commandLine)
    {
        (_file, _environment, _commandLine) = (file, environment, commandLine);
        Root = new ConfigurationBuilder()
            .AddInMemoryCollection(HasEndpoints(file) ? [] : CommandLineSettings.DefaultEndpoints)
            .AddConfiguration(file)
            .AddInMemoryCollection(environment)
            .AddInMemoryCollection(commandLine.Values)
            .Build();
    }

    /// <summary>All layers together.</summary>
    public IConfigurationRoot Root { get; }

    /// <summary>The file that was read; null when there is none.</summary>
    public string? File { get; private init; }

    /// <summary>Finds and reads the layers; or says what is wrong and how to mend it.</summary>
    /// <param name="option">What <c>--config</c> says.</param>
    /// <param name="environment">The variables of the environment.</param>
    /// <param name="commandLine">What the other options say.</param>
    /// <param name="configuration">The result.</param>
    /// <param name="error">One line.</param>
    public static bool TryLoad(
        string? option, IReadOnlyDictionary<string, string> environment, CommandLineSettings commandLine,
        [NotNullWhen(true)] out ServiceConfiguration? configuration, [NotNullWhen(false)] out string? error)
    {
        configuration = null;
        IConfigurationRoot? file = new ConfigurationBuilder().Build();
        if (!ConfigurationFile.TryFind(option, environment.GetValueOrDefault, out string? path, out error)
            || (path is not null && !ConfigurationFile.TryRead(path, out file, out error)))
        {
            return false;
        }
        string? stranger = file!.GetChildren().Select(static child => child.Key).FirstOrDefault(
            static key => !key.Equals(Section, StringComparison.OrdinalIgnoreCase));
        if (stranger is not null)
        {
            int? line = KeyLines.Find(System.IO.File.ReadAllBytes(path!), stranger);
            error = $"{path}, line {line}: {stranger}: there is no such key; "
                + $"everything belongs into \"{Section}\": {{ … }}";
            return false;
        }
        configuration = new ServiceConfiguration(file, Variables(environment), commandLine) { File = path };
        error = null;
        return true;
    }

    /// <summary>Where a setting's value comes from, in the words of whoever wrote it there.</summary>
    public SettingSource SourceOf(string key)
    {
        if (_commandLine.OptionOf(key) is { } option)
            return new("command line", option, IsOption: true);
        if (_environment.Keys.FirstOrDefault(set => Covers(set, key)) is { } variable)
            return new("environment", variable.ToUpperInvariant().Replace(":", "__", StringComparison.Ordinal));
        return new(IsInFile(key) ? "file" : "default", key);
    }

    /// <summary>A problem in the words of whoever made it: the option, the variable, or the file and line.</summary>
    public string Describe(SettingProblem problem)
    {
        SettingSource source = SourceOf(problem.Key);
        if (source.Layer is "command line" or "environment")
            return $"{source.Name}: {problem.Text}";
        if (File is null)
            return problem.ToString();
        int? line = KeyLines.Find(System.IO.File.ReadAllBytes(File), problem.Key);
        return line is null ? $"{File}: {problem}" : $"{File}, line {line}: {problem}";
    }

    private bool IsInFile(string key) => _file.GetSection(key) is var section
        && (section.Value is not null || section.GetChildren().Any());

    private static bool Covers(string set, string key) => set.Equals(key, StringComparison.OrdinalIgnoreCase)
        || set.StartsWith($"{key}:", StringComparison.OrdinalIgnoreCase);

    /// <summary>A file with endpoints has all that there are; a variable or an option only changes one.</summary>
    private static bool HasEndpoints(IConfigurationRoot file) =>
        file.GetSection($"{Section}:endpoints").GetChildren().Any();

    /// <summary><c>LONGWIRE__LIMITS__MAXCONNECTIONS</c> is <c>longwire:limits:maxConnections</c>.</summary>
    private static Dictionary<string, string?> Variables(IReadOnlyDictionary<string, string> environment)
    {
        var values = new Dictionary<string, string?>(StringComparer.OrdinalIgnoreCase);
        foreach ((string name, string value) in environment)
        {
            if (name.StartsWith(Prefix, StringComparison.OrdinalIgnoreCase))
                values[name.Replace("__", ":", StringComparison.Ordinal)] = value;
        }
        return values;
    }
}

/// <summary>Where a setting's value comes from.</summary>
/// <param name="Layer"><c>default</c>, <c>file</c>, <c>environment</c> or <c>command line</c>.</param>
/// <param name="Name">How messages call the setting: its key, or the variable or option.</param>
/// <param name="IsOption">Whether it is an option of the command line.</param>
internal readonly record struct SettingSource(string Layer, string Name, bool IsOption = false);
