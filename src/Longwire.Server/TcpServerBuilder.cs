using Longwire.Primitives;
using Longwire.Transport;
using Longwire.Transport.Epoll;
using Longwire.Transport.Sockets;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Longwire;

/// <summary>What waits for the operating system.</summary>
public enum PollerKind
{
    /// <summary>Epoll on Linux x64, sockets elsewhere.</summary>
    Automatic,

    /// <summary>Linux's epoll on raw descriptors.</summary>
    Epoll,

    /// <summary>The framework's sockets: completion ports on Windows.</summary>
    Socket,
}

/// <summary>Describes a server.</summary>
public sealed class TcpServerBuilder
{
    internal readonly List<EndpointDraft> Endpoints = [];
    internal int LoopCount = Math.Min(16, Environment.ProcessorCount);
    internal PollerKind PollerKind;
    internal ServerLimits ServerLimits = ServerLimits.Default;
    internal SlabPoolOptions MemoryOptions = new();
    internal HubOptions HubOptions = new();
    internal TimeProvider TimeProvider = TimeProvider.System;
    internal ILoggerFactory LoggerFactory = NullLoggerFactory.Instance;
    internal Func<int, Poller>? PollerFactory;
    internal Action<IThreadPoolWorkItem>? Executor;

    internal TcpServerBuilder()
    {
    }

    /// <summary>Adds an endpoint.</summary>
    /// <param name="address">Where to listen (<see cref="ListenAddress"/>); port 0 lets the system choose.</param>
    /// <param name="configure">Its framing and handlers.</param>
    public TcpServerBuilder Listen(string address, Action<EndpointBuilder<object?>> configure)
    {
        ArgumentNullException.ThrowIfNull(configure);
        var draft = new EndpointDraft(address);
        configure(new EndpointBuilder<object?>(draft, new EndpointHandlers<object?>()));
        Endpoints.Add(draft);
        return this;
    }

    /// <summary>Loops, 1 to 64. Default: the cores that the process may use, at most 16.</summary>
    public TcpServerBuilder Loops(int count)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(count, Longwire.Hub.MaxLoops);
        LoopCount = count;
        return this;
    }

    /// <summary>The poller. Default: <see cref="PollerKind.Automatic"/>.</summary>
    public TcpServerBuilder Poller(PollerKind kind)
    {
        PollerKind = kind;
        return this;
    }

    /// <summary>Limits of the whole server.</summary>
    public TcpServerBuilder Limits(ServerLimits limits)
    {
        ServerLimits = limits;
        return this;
    }

    /// <summary>The slab pool's ceiling.</summary>
    public TcpServerBuilder Memory(SlabPoolOptions options)
    {
        MemoryOptions = options;
        return this;
    }

    /// <summary>The hub's limits and topics.</summary>
    public TcpServerBuilder Hub(HubOptions options)
    {
        HubOptions = options;
        return this;
    }

    /// <summary>The clock. Default: the system's.</summary>
    public TcpServerBuilder Time(TimeProvider time)
    {
        TimeProvider = time;
        return this;
    }

    /// <summary>Where logs go. Default: nowhere.</summary>
    public TcpServerBuilder Logging(ILoggerFactory factory)
    {
        LoggerFactory = factory;
        return this;
    }

    internal Poller CreatePoller(int loop)
    {
        if (PollerFactory is not null)
            return PollerFactory(loop);
        return PollerKind switch
        {
            PollerKind.Socket => new SocketPoller(),
            PollerKind.Epoll when !EpollPoller.IsSupported => throw new PlatformNotSupportedException(
                "The epoll poller needs Linux on x64; choose PollerKind.Socket."),
            _ => Transport.Poller.ForThisSystem(),
        };
    }
}
