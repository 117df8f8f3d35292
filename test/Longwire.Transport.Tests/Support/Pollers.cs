using System.Diagnostics;
using System.Reflection;
using Longwire.Transport.Epoll;
using Longwire.Transport.Sockets;

namespace Longwire.Transport.Tests;

/// <summary>Which poller a test runs on.</summary>
public enum PollerKind
{
    Epoll,
    Socket,
}

/// <summary>Every poller that this system has: the suite asks the same of all of them.</summary>
public sealed class Pollers : TheoryData<PollerKind>
{
    public Pollers()
    {
        if (EpollPoller.IsSupported)
            Add(PollerKind.Epoll);
        Add(PollerKind.Socket);
    }

    internal static Poller Create(PollerKind kind)
    {
        if (kind == PollerKind.Socket)
            return new SocketPoller();
        return EpollPoller.IsSupported ? new EpollPoller() : throw new PlatformNotSupportedException();
    }

    internal static void SkipUnlessOptimised()
    {
        var debuggable = typeof(Loop).Assembly.GetCustomAttribute<DebuggableAttribute>();
        Assert.SkipWhen(
            debuggable is { IsJITOptimizerDisabled: true },
            "Longwire.Transport is a Debug build; allocation is asserted against Release code (-c Release).");
    }

    internal static void SkipUnlessLinux() => Assert.SkipUnless(OperatingSystem.IsLinux(), "A fact about Linux.");

    internal static void SkipUnlessEpoll() => Assert.SkipUnless(EpollPoller.IsSupported, "The epoll poller's own.");
}
