using Longwire.Hosting.Settings;
using Microsoft.Extensions.Configuration;

namespace Longwire.Service.Sources.Configuration;

/// <summary>The section <c>sources</c>, checked: what is read, and when.</summary>
internal sealed record SourcesOptions
{
    /// <summary>
    /// Most sources of one's own; as each has one reading in flight, also most programs at one time.
    /// </summary>
    public const int MaxSources = 64;

    /// <summary>Where they are in the configuration.</summary>
    public const string Section = "longwire:sources";

    /// <summary>Without configuration: the machine and the service itself, every second.</summary>
    public static SourcesOptions Default { get; } = new();

    /// <summary>When the machine is read; null for never.</summary>
    public SourceSchedule? Host { get; init; } = new();

    /// <summary>When the service itself is read; null for never.</summary>
    public SourceSchedule? Self { get; init; } = new();

    /// <summary>The others.</summary>
    public IReadOnlyList<SourceOptions> Configured { get; init; } = [];

    /// <summary>Reads the section.</summary>
    /// <exception cref="SettingsException">There is a mistake in it; all are told.</exception>
    public static SourcesOptions Read(IConfigurationSection section)
    {
        var errors = new List<SettingProblem>();
        SourcesOptions options = Read(section, errors);
        return errors.Count == 0 ? options : throw new SettingsException(errors);
    }

    /// <summary>
    /// Reads the section, all of it; each mistake is an entry of <paramref name="errors"/> that names the key and the
    /// cure. With a mistake in it, a source is not in the result.
    /// </summary>
    public static SourcesOptions Read(IConfigurationSection section, ICollection<SettingProblem> errors)
    {
        var result = new SourcesOptions();
        var configured = new List<SourceOptions>();
        var kinds = new Dictionary<SourceKind, string>();
        foreach (IConfigurationSection child in section.GetChildren())
        {
            var reader = new SourceSection(child, errors);
            SourceKind? kind = reader.Choice<SourceKind>("kind", SourceKinds.Names, fallback: null);
            bool enabled = reader.Flag("enabled", fallback: true);
            if (kind is null)
                continue; // without it, no other key can be judged
            if (kind is not (SourceKind.Host or SourceKind.Self))
            {
                if (SourceKinds.Read(kind.Value, reader) is { } options && enabled)
                    configured.Add(options);
                continue;
            }
            if (!kinds.TryAdd(kind.Value, child.Key))
                reader.Add("kind", $"is '{kinds[kind.Value]}' already; remove one of the two");
            SourceSchedule? schedule = enabled ? reader.Schedule(SourceKinds.Local, topic: null) : null;
            if (!enabled)
                reader.Schedule(SourceKinds.Local, topic: null); // for its mistakes
            result = kind is SourceKind.Host ? result with { Host = schedule } : result with { Self = schedule };
            reader.RefuseUnknown();
        }
        CheckTogether(section, configured, errors);
        return result with { Configured = configured };
    }

    private static void CheckTogether(
        IConfigurationSection section, List<SourceOptions> configured, ICollection<SettingProblem> errors)
    {
        if (configured.Count > MaxSources)
        {
            errors.Add(new SettingProblem(
                section.Path, $"{configured.Count} sources are more than {MaxSources}; remove some"));
        }
        var topics = new Dictionary<string, string>(StringComparer.Ordinal);
        foreach (SourceOptions options in configured)
        {
            if (!topics.TryAdd(options.Topic, options.Name))
            {
                errors.Add(new SettingProblem(
                    $"{section.Path}:{options.Name}:topic",
                    $"'{options.Topic}' is the topic of '{topics[options.Topic]}'; "
                    + "give each source a topic of its own"));
            }
        }
    }
}
