namespace Longwire.Hosting.Settings;

/// <summary>A mistake in the configuration.</summary>
/// <param name="Key">The full path of the setting, such as <c>longwire:limits:maxConnections</c>.</param>
/// <param name="Text">What is wrong, and the cure.</param>
public sealed record SettingProblem(string Key, string Text)
{
    /// <inheritdoc/>
    public override string ToString() => $"{Key}: {Text}";
}

/// <summary>The configuration cannot be used; the message has one line for each mistake.</summary>
public sealed class SettingsException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="problems">At least one.</param>
    /// <param name="cause">What the system said, if it did.</param>
    public SettingsException(IReadOnlyList<SettingProblem> problems, Exception? cause = null)
        : base(string.Join('\n', problems), cause) => Problems = problems;

    /// <summary>The mistakes: all of them when values are wrong, the first when the start fails.</summary>
    public IReadOnlyList<SettingProblem> Problems { get; }
}
