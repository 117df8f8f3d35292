using System.Runtime.InteropServices;

namespace Longwire.Transport.Tests;

/// <summary>The few Linux calls that tests need to see what the framework hides.</summary>
internal static unsafe partial class Sys
{
    private const int RLIMIT_NOFILE = 7;
    private const int F_GETFD = 1;
    private const string C = "libc";

    internal static void LowerDescriptorLimit(ulong limit)
    {
        Limit now;
        Assert.Equal(0, prlimit(0, RLIMIT_NOFILE, null, &now));
        var lower = new Limit { Soft = limit, Hard = now.Hard };
        Assert.Equal(0, prlimit(0, RLIMIT_NOFILE, &lower, null));
    }

    internal static int OpenNull()
    {
        fixed (byte* path = "/dev/null\0"u8)
            return open(path, 0x80000); // O_CLOEXEC
    }

    internal static void Close(int descriptor) => Assert.Equal(0, close(descriptor));

    /// <summary>The descriptors of this process that a child would inherit, with what they are.</summary>
    internal static List<string> InheritedSockets()
    {
        var inherited = new List<string>();
        foreach (string path in Directory.GetFiles("/proc/self/fd"))
        {
            string? target = TargetOf(path);
            int flags = fcntl(int.Parse(Path.GetFileName(path), null), F_GETFD, 0);
            if (flags == 0 && target is not null && (target.Contains("socket:") || target.Contains("anon_inode:")))
                inherited.Add($"{path} -> {target}");
        }
        return inherited;
    }

    internal static int Duplicate(int descriptor) => dup(descriptor);

    internal static int Option(int descriptor, int level, int name)
    {
        int value;
        int length = sizeof(int);
        Assert.Equal(0, getsockopt(descriptor, level, name, &value, &length));
        return value;
    }

    private static string? TargetOf(string path)
    {
        try
        {
            return File.ResolveLinkTarget(path, returnFinalTarget: false)?.FullName;
        }
        catch (IOException)
        {
            return null; // closed meanwhile by a test beside this one
        }
    }

    [LibraryImport(C)]
    private static partial int dup(int descriptor);

    [LibraryImport(C)]
    private static partial int prlimit(int process, int resource, Limit* wanted, Limit* old);

    [LibraryImport(C)]
    private static partial int open(byte* path, int flags);

    [LibraryImport(C)]
    private static partial int close(int descriptor);

    [LibraryImport(C)]
    private static partial int fcntl(int descriptor, int command, int argument);

    [LibraryImport(C)]
    private static partial int getsockopt(int descriptor, int level, int name, void* value, int* length);

    [StructLayout(LayoutKind.Sequential)]
    private struct Limit
    {
        internal ulong Soft;
        internal ulong Hard;
    }
}
