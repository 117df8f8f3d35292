using System.Buffers.Binary;
using System.Runtime.InteropServices;
using System.Text;
using Microsoft.Win32.SafeHandles;

namespace Longwire.Service.Sources.Files;

/// <summary>Which file it is, whatever its name: on Linux device and inode, elsewhere when it was made.</summary>
/// <remarks>
/// While a file is open its inode is not given to another; a time of creation may be inherited on Windows.
/// </remarks>
internal readonly record struct FileIdentity(ulong Device, ulong Number)
{
    private const int CurrentDirectory = -100; // AT_FDCWD; of no effect, because paths are whole
    private const int EmptyPath = 0x1000; // AT_EMPTY_PATH: the descriptor itself
    private const uint WantInode = 0x100; // STATX_INO

    /// <summary>The open file's.</summary>
    public static FileIdentity Of(SafeFileHandle file, string path)
    {
        if (!OperatingSystem.IsLinux())
            return ByCreation(File.GetCreationTimeUtc(path));
        return TryStat((int)file.DangerousGetHandle(), "", EmptyPath)
            ?? throw new IOException($"{path} cannot be told from other files.");
    }

    /// <summary>That of the file which has the name now; null for none.</summary>
    public static FileIdentity? TryOf(string path)
    {
        if (OperatingSystem.IsLinux())
            return TryStat(CurrentDirectory, path, flags: 0);
        return File.Exists(path) ? ByCreation(File.GetCreationTimeUtc(path)) : null;
    }

    private static FileIdentity ByCreation(DateTime time) => new(0, (ulong)time.Ticks);

    /// <summary>statx(2), because its structure is the same on every architecture.</summary>
    private static FileIdentity? TryStat(int descriptor, string path, int flags)
    {
        byte[] found = new byte[256];
        if (Stat(descriptor, Encoding.UTF8.GetBytes(path + '\0'), flags, WantInode, found) != 0)
            return null;
        // stx_ino at 32; stx_dev_major and stx_dev_minor at 136.
        ReadOnlySpan<byte> fields = found;
        return new FileIdentity(Native64(fields[136..]), Native64(fields[32..]));
    }

    private static ulong Native64(ReadOnlySpan<byte> bytes) => BitConverter.IsLittleEndian
        ? BinaryPrimitives.ReadUInt64LittleEndian(bytes) : BinaryPrimitives.ReadUInt64BigEndian(bytes);

    [DllImport("libc", EntryPoint = "statx")]
    private static extern int Stat(int directory, byte[] path, int flags, uint mask, byte[] found);
}
