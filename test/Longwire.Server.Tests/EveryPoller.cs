namespace Longwire.ServerTests;

/// <summary>The pollers that this system has: what each test of a server runs over.</summary>
internal static class EveryPoller
{
    internal static TheoryData<PollerKind> Kinds => OperatingSystem.IsLinux()
        ? [PollerKind.Epoll, PollerKind.Socket]
        : [PollerKind.Socket];
}
