using System.Diagnostics.CodeAnalysis;

namespace Longwire.Service.Sources;

/// <summary>A source did not get what it was to read; the message is for the operator and names no secret.</summary>
[SuppressMessage("Design", "CA1032", Justification = "Without a message it would say nothing.")]
internal sealed class SourceFailure(string message, Exception? cause = null) : Exception(message, cause)
{
    /// <summary>Writes the fields that are known all the same, such as an exit code; null for none.</summary>
    public Action<StatusReport>? Details { get; init; }

    /// <summary>What is shown of any failure.</summary>
    public static string TextOf(Exception failure) =>
        failure is SourceFailure ? failure.Message : $"{failure.GetType().Name}: {failure.Message}";
}
