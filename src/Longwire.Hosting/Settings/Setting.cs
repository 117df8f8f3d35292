namespace Longwire.Hosting.Settings;

/// <summary>One key of a section: what may stand there, what it means, and where it goes.</summary>
/// <typeparam name="TOptions">The immutable options that the section describes.</typeparam>
/// <param name="Name">The key, in the notation of JSON: <c>maxConnections</c>.</param>
/// <param name="Values">What may stand there, as it follows "must be": <c>a size of at least 4KiB</c>.</param>
/// <param name="Meaning">One line for the operator.</param>
/// <param name="Show">The value in options, in the notation it is read in.</param>
/// <param name="Apply">The options with the text's value; null when it is none of <paramref name="Values"/>.</param>
internal sealed record Setting<TOptions>(
    string Name, string Values, string Meaning, Func<TOptions, string> Show, Func<TOptions, string, TOptions?> Apply)
    where TOptions : class
{
    /// <summary>Whether the value is shown as it is; a secret is not.</summary>
    internal bool IsSecret { get; init; }

    /// <summary>What may stand in the commented file where there is no default.</summary>
    internal string Example { get; init; } = "";

    /// <summary>Whether the value is one of a few words.</summary>
    internal bool IsChoice { get; init; }

    /// <summary>Whether the value is JSON without quotation marks: a number, true or false.</summary>
    internal bool IsBare { get; init; }
}
