namespace Longwire.Service.Sources.Proc;

/// <summary>A line of /proc/self/mountinfo, unescaped. [proc_pid_mountinfo(5)]</summary>
/// <param name="Major">Upper half of the device number; 0 for file systems without a device of their own.</param>
/// <param name="Minor">Lower half of the device number.</param>
/// <param name="Root">The mounted directory of the file system; <c>/</c> unless a part (bind, subvolume).</param>
/// <param name="Path">Where it is mounted.</param>
/// <param name="Type">The kind of file system.</param>
/// <param name="Device">What was mounted: a device, or any word.</param>
internal sealed record Mount(int Major, int Minor, string Root, string Path, string Type, string Device);
