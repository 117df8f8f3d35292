using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Runtime.Versioning;

[assembly: DisableRuntimeMarshalling]

namespace Longwire.Transport.Epoll;

/// <summary>The Linux system calls that the poller makes (x64 values of the constants).</summary>
[SupportedOSPlatform("linux")]
internal static unsafe partial class Native
{
    internal const ushort AF_UNIX = 1;
    internal const ushort AF_INET = 2;
    internal const ushort AF_INET6 = 10;
    internal const int SOCK_STREAM = 1;
    internal const int SOCK_NONBLOCK = 0x800;
    internal const int SOCK_CLOEXEC = 0x80000;
    internal const int SOL_SOCKET = 1;
    internal const int SO_ERROR = 4;
    internal const int SO_LINGER = 13;
    internal const int IPPROTO_TCP = 6;
    internal const int TCP_INFO = 11;
    internal const int MSG_NOSIGNAL = 0x4000;
    internal const int SHUT_WR = 1;
    internal const int O_CLOEXEC = 0x80000;
    internal const int EFD_NONBLOCK = 0x800;
    internal const int EFD_CLOEXEC = 0x80000;
    internal const int EPOLL_CLOEXEC = 0x80000;
    internal const int EPOLL_CTL_ADD = 1;
    internal const int EPOLL_CTL_DEL = 2;
    internal const uint EPOLLIN = 0x1;
    internal const uint EPOLLPRI = 0x2;
    internal const uint EPOLLOUT = 0x4;
    internal const uint EPOLLERR = 0x8;
    internal const uint EPOLLHUP = 0x10;
    internal const uint EPOLLRDHUP = 0x2000;
    internal const uint EPOLLET = 1u << 31;
    internal const int EINTR = 4;
    internal const int EAGAIN = 11;
    internal const int EINPROGRESS = 115;
    private const string C = "libc";

    [LibraryImport(C, SetLastError = true)]
    internal static partial int epoll_create1(int flags);

    [LibraryImport(C, SetLastError = true)]
    internal static partial int epoll_ctl(int epoll, int operation, int descriptor, EpollEvent* change);

    [LibraryImport(C, SetLastError = true)]
    internal static partial int epoll_wait(int epoll, EpollEvent* events, int count, int timeout);

    [LibraryImport(C, SetLastError = true)]
    internal static partial int eventfd(uint initial, int flags);

    [LibraryImport(C, SetLastError = true)]
    internal static partial nint read(int descriptor, void* buffer, nint count);

    [LibraryImport(C, SetLastError = true)]
    internal static partial nint write(int descriptor, void* buffer, nint count);

    [LibraryImport(C, SetLastError = true)]
    internal static partial nint recv(int descriptor, void* buffer, nint count, int flags);

    [LibraryImport(C, SetLastError = true)]
    internal static partial nint send(int descriptor, void* buffer, nint count, int flags);

    [LibraryImport(C, SetLastError = true)]
    internal static partial nint sendmsg(int descriptor, MessageHeader* message, int flags);

    [LibraryImport(C, SetLastError = true)]
    internal static partial int socket(int family, int type, int protocol);

    [LibraryImport(C, SetLastError = true)]
    internal static partial int bind(int descriptor, byte* address, int length);

    [LibraryImport(C, SetLastError = true)]
    internal static partial int connect(int descriptor, byte* address, int length);

    [LibraryImport(C, SetLastError = true)]
    internal static partial int accept4(int descriptor, byte* address, int* length, int flags);

    [LibraryImport(C, SetLastError = true)]
    internal static partial int setsockopt(int descriptor, int level, int name, void* value, int length);

    [LibraryImport(C, SetLastError = true)]
    internal static partial int getsockopt(int descriptor, int level, int name, void* value, int* length);

    [LibraryImport(C, SetLastError = true)]
    internal static partial int shutdown(int descriptor, int how);

    [LibraryImport(C, SetLastError = true)]
    internal static partial int close(int descriptor);

    [LibraryImport(C, SetLastError = true)]
    internal static partial int open(byte* path, int flags);

    [LibraryImport(C, SetLastError = true, StringMarshalling = StringMarshalling.Utf8)]
    private static partial int statx(int directory, string path, int flags, uint mask, byte* status);

    /// <summary>
    /// True when the path names a socket. <c>statx</c>, whose layout is the same on every architecture.
    /// </summary>
    internal static bool IsSocketFile(string path)
    {
        const int AT_FDCWD = -100;
        const uint STATX_TYPE = 1;
        const int StatusBytes = 256; // sizeof(struct statx)
        const int ModeOffset = 28; // stx_mode
        byte* status = stackalloc byte[StatusBytes];
        return statx(AT_FDCWD, path, 0, STATX_TYPE, status) == 0
            && (*(ushort*)(status + ModeOffset) & 0xF000) == 0xC000; // S_IFMT, S_IFSOCK
    }

    internal static int LastError => Marshal.GetLastPInvokeError();

    /// <summary>Sorts an error number (asm-generic/errno.h).</summary>
    internal static TransportError ToError(int number) => number switch
    {
        0 => TransportError.None,
        32 or 104 => TransportError.Reset, // EPIPE, ECONNRESET
        110 => TransportError.TimedOut, // ETIMEDOUT
        111 => TransportError.Refused, // ECONNREFUSED
        64 or 100 or 101 => TransportError.Unreachable, // ENONET, ENETDOWN, ENETUNREACH
        112 or 113 => TransportError.Unreachable, // EHOSTDOWN, EHOSTUNREACH
        98 => TransportError.AddressInUse, // EADDRINUSE
        2 or 99 => TransportError.AddressNotAvailable, // ENOENT (a Unix socket's file), EADDRNOTAVAIL
        1 or 13 => TransportError.PermissionDenied, // EPERM, EACCES
        23 or 24 => TransportError.DescriptorsExhausted, // ENFILE, EMFILE
        12 or 105 => TransportError.OutOfMemory, // ENOMEM, ENOBUFS
        71 or 92 or 95 or 103 => TransportError.AbortedBeforeAccept, // EPROTO, ENOPROTOOPT, EOPNOTSUPP, ECONNABORTED
        9 or 22 or 88 => TransportError.Closed, // EBADF, EINVAL, ENOTSOCK
        _ => TransportError.Other,
    };

    internal static InvalidOperationException Failure(string call) =>
        new($"{call} failed: {Marshal.GetPInvokeErrorMessage(LastError)} (errno {LastError}).");

    /// <summary>
    /// <c>struct epoll_event</c>; packed on x64 only, which is why other architectures use the other poller.
    /// </summary>
    [StructLayout(LayoutKind.Sequential, Pack = 1)]
    internal struct EpollEvent
    {
        internal uint Events;
        internal uint Slot;
        internal uint Generation;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct IoVector
    {
        internal nint Address;
        internal nint Length;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct MessageHeader
    {
        internal nint Name;
        internal uint NameLength;
        internal IoVector* Vectors;
        internal nint VectorCount;
        internal nint Control;
        internal nint ControlLength;
        internal int Flags;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct Linger
    {
        internal int OnOff;
        internal int Seconds;
    }
}
