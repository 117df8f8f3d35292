namespace Longwire.Load.Workloads;

/// <summary>The names of counts.</summary>
internal static class CountNames
{
    internal const string Missing = "missing";
    internal const string OutOfOrder = "outOfOrder";
    internal const string Corrupted = "corrupted";
    internal const string LostConnections = "lostConnections";
    internal const string Unanswered = "unanswered";
    internal const string Failed = "failed";
    internal const string StalledWithoutLast = "stalledWithoutLast";
    internal const string StalledSkipped = "stalledSkipped";
    internal const string Published = "published";
    internal const string Holds = "driverHolds";
    internal const string EndedOtherwise = "endedOtherwise";
    internal const string NotEnded = "serverNotEnded";
    internal const string ExitCode = "serverExitCode";

    /// <summary>Those of which any makes a run bad.</summary>
    internal static readonly string[] Errors =
    [
        Missing, OutOfOrder, Corrupted, LostConnections, Unanswered, Failed, StalledWithoutLast, EndedOtherwise,
        NotEnded, ExitCode,
    ];
}
