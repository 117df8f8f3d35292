using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;
using Longwire.Primitives;

namespace Longwire.Transport.Epoll;

/// <summary>What an epoll slot stands for.</summary>
internal interface IEpollTarget
{
    void OnEvents(uint events);
}

/// <summary>Linux readiness: raw descriptors, each registered once, edge-triggered.</summary>
/// <remarks>
/// Owner: its loop. Concurrency: the loop's thread, but for <see cref="Wake"/>. Bound: one slot per descriptor; slots
/// are reused. An event carries slot and generation, never a descriptor: the kernel may deliver an event for a
/// descriptor that was closed, and its number taken again, within one batch.
/// </remarks>
[SupportedOSPlatform("linux")]
public sealed unsafe class EpollPoller : Poller
{
    private const int BatchEvents = 512;
    private const uint WakeSlot = uint.MaxValue;
    private const uint Interest =
        Native.EPOLLIN | Native.EPOLLPRI | Native.EPOLLOUT | Native.EPOLLRDHUP | Native.EPOLLET;

    private readonly Native.EpollEvent* _events;
    private readonly SlotTable<IEpollTarget> _targets = new();
    private readonly int _epoll;
    private readonly int _wake;

    /// <summary>Creates the epoll instance and its wake-up descriptor.</summary>
    /// <exception cref="PlatformNotSupportedException">Not Linux on x64.</exception>
    /// <exception cref="InvalidOperationException">The system refused, mostly for want of descriptors.</exception>
    public EpollPoller()
    {
        if (!IsSupported)
            throw new PlatformNotSupportedException("The epoll poller runs on Linux x64; use the socket poller here.");
        _epoll = Native.epoll_create1(Native.EPOLL_CLOEXEC);
        if (_epoll < 0)
            throw Native.Failure("epoll_create1");
        _wake = Native.eventfd(0, Native.EFD_NONBLOCK | Native.EFD_CLOEXEC);
        var change = new Native.EpollEvent { Events = Native.EPOLLIN | Native.EPOLLET, Slot = WakeSlot };
        if (_wake < 0 || Native.epoll_ctl(_epoll, Native.EPOLL_CTL_ADD, _wake, &change) != 0)
        {
            InvalidOperationException failure = Native.Failure(_wake < 0 ? "eventfd" : "epoll_ctl");
            if (_wake >= 0)
                _ = Native.close(_wake);
            _ = Native.close(_epoll);
            throw failure;
        }
        _events = (Native.EpollEvent*)NativeMemory.Alloc((nuint)(BatchEvents * sizeof(Native.EpollEvent)));
    }

    /// <summary>True where this poller is tested: Linux on x64.</summary>
    [SupportedOSPlatformGuard("linux")]
    public static bool IsSupported =>
        OperatingSystem.IsLinux() && RuntimeInformation.ProcessArchitecture == Architecture.X64;

    /// <inheritdoc/>
    public override string Name => "epoll";

    /// <inheritdoc/>
    protected internal override void Add(Wire wire)
    {
        var epollWire = (EpollWire)wire;
        if (epollWire.Slot >= 0)
        {
            // A dialled wire is registered already and has noted what came meanwhile.
            if (epollWire.IsReadable)
                Loop.MarkReady(epollWire);
            return;
        }
        try
        {
            epollWire.Slot = Register(epollWire.Descriptor, epollWire);
        }
        catch (InvalidOperationException)
        {
            epollWire.Close(CloseMode.Abort);
            throw;
        }
    }

    /// <inheritdoc/>
    protected internal override void Wait(int timeout)
    {
        int count = Native.epoll_wait(_epoll, _events, BatchEvents, timeout);
        if (count < 0)
        {
            // A suspension by the collector interrupts the call; the next tick waits again.
            if (Native.LastError == Native.EINTR)
                return;
            throw Native.Failure("epoll_wait");
        }
        for (int i = 0; i < count; i++)
        {
            ref Native.EpollEvent ready = ref _events[i];
            if (ready.Slot == WakeSlot)
                DrainWake();
            else
                _targets.Find(ready.Slot, ready.Generation)?.OnEvents(ready.Events);
        }
    }

    /// <inheritdoc/>
    protected internal override void Wake()
    {
        ulong one = 1;
        // EAGAIN means that the counter is full of wake-ups nobody took yet: awake enough.
        while (Native.write(_wake, &one, sizeof(ulong)) < 0 && Native.LastError == Native.EINTR)
        {
        }
    }

    /// <inheritdoc/>
    protected internal override Listener Listen(Socket socket, IAcceptHandler handler)
    {
        var listener = new EpollListener(this, socket, handler);
        try
        {
            listener.Slot = Register((int)socket.Handle, listener);
        }
        catch (InvalidOperationException)
        {
            listener.Stop();
            throw;
        }
        return listener;
    }

    /// <inheritdoc/>
    protected internal override void Dial(EndPoint target, DialOptions options, IDialHandler handler) =>
        EpollDial.Begin(this, target, options, handler);

    internal int Register(int descriptor, IEpollTarget target)
    {
        int slot = _targets.Add(target, out uint generation);
        var change = new Native.EpollEvent { Events = Interest, Slot = (uint)slot, Generation = generation };
        if (Native.epoll_ctl(_epoll, Native.EPOLL_CTL_ADD, descriptor, &change) == 0)
            return slot;
        InvalidOperationException failure = Native.Failure("epoll_ctl");
        Forget(slot);
        throw failure;
    }

    internal void Redirect(int slot, IEpollTarget target) => _targets[slot] = target;

    /// <summary>
    /// Forgets a slot; closing the descriptor removes it from the kernel's set (epoll(7), question 6).
    /// </summary>
    internal void Forget(int slot) => _targets.Remove(slot);

    /// <summary>Removes a descriptor that somebody else will close later.</summary>
    internal void Unregister(int slot, int descriptor)
    {
        Native.EpollEvent ignored;
        if (Native.epoll_ctl(_epoll, Native.EPOLL_CTL_DEL, descriptor, &ignored) != 0)
            throw Native.Failure("epoll_ctl");
        Forget(slot);
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        Native.close(_wake);
        Native.close(_epoll);
        NativeMemory.Free(_events);
    }

    private void DrainWake()
    {
        ulong count;
        while (Native.read(_wake, &count, sizeof(ulong)) < 0 && Native.LastError == Native.EINTR)
        {
        }
    }
}
