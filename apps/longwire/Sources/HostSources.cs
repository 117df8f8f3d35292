using Longwire.Service.Sources.Linux;
using Longwire.Service.Sources.Portable;

namespace Longwire.Service.Sources;

/// <summary>The sources that fit the system this process runs on.</summary>
internal static class HostSources
{
    /// <summary>The names of the sources of the host and of the service: no other source may have them.</summary>
    public static readonly string[] Names = ["cpu", "memory", "disk", "net", "load", "server", "health"];

    /// <summary>Linux: from /proc. Elsewhere: from the runtime, where it knows.</summary>
    public static IReadOnlyList<IStatusSource> Create() => OperatingSystem.IsLinux() ? FromProc("/") : FromRuntime();

    /// <summary>Sources that read <c>proc</c> and <c>sys</c> below a directory: <c>/</c>, or recorded files.</summary>
    public static IReadOnlyList<IStatusSource> FromProc(string root) =>
    [
        new ProcCpuSource(root),
        new ProcMemorySource(root),
        new ProcDiskSource(root),
        new ProcNetSource(root),
        new ProcLoadSource(root),
    ];

    /// <summary>Sources that ask the .NET runtime; they work on every system.</summary>
    public static IReadOnlyList<IStatusSource> FromRuntime() =>
    [
        new RuntimeCpuSource(),
        new RuntimeMemorySource(),
        new RuntimeDiskSource(),
        new RuntimeNetSource(),
        new RuntimeLoadSource(),
    ];
}
