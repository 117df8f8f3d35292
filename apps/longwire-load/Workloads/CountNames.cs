namespace Longwire.Load.Workloads;

/// <summary>The names of counts, and which of them are errors.</summary>
internal static class CountNames
{
    internal const string Missing = "missing";
    internal const string OutOfOrder = "outOfOrder";
    internal const string Corrupted = "corrupted";
    internal const string LostConnections = "lostConnections";
    internal const string Unanswered = "unanswered";
    internal const string Unsent = "unsent"; // due for a second at the end
    internal const string Failed = "failed";
    internal const string StalledWithoutLast = "stalledWithoutLast";
    internal const string StalledSkipped = "stalledSkipped";
    internal const string Published = "published";
    internal const string Holds = "driverHolds";
    internal const string PrivateAnswers = "privateAnswers";
    internal const string DeflatedBytes = "deflatedBytes";
    internal const string InflatedBytes = "inflatedBytes";
    internal const string Resumed = "resumedHandshakes";
    internal const string EndedOtherwise = "endedOtherwise";
    internal const string NotEnded = "serverNotEnded";
    internal const string ExitCode = "serverExitCode";

    /// <summary>Those that make a run a bad one.</summary>
    internal static IReadOnlyList<string> Errors { get; } =
    [
        Missing, OutOfOrder, Corrupted, LostConnections, Unanswered, Unsent, Failed, StalledWithoutLast, EndedOtherwise,
        NotEnded, ExitCode,
    ];

    /// <summary>No error among them is above zero.</summary>
    internal static bool AreClean(IReadOnlyDictionary<string, long> counts) =>
        Errors.All(name => !counts.TryGetValue(name, out long value) || value == 0);
}
