using Longwire.Service.Sources.Configuration;

namespace Longwire.Service.Sources.Exec;

/// <summary>What is really started: a program that was found, its arguments, and whether it leads a group.</summary>
/// <param name="Program">The whole path.</param>
/// <param name="Arguments">Passed as they are; nothing splits or expands them.</param>
/// <param name="LeadsGroup">Whether its process id is the id of a process group of its own.</param>
internal sealed record ProgramCommand(string Program, IReadOnlyList<string> Arguments, bool LeadsGroup)
{
    /// <summary>
    /// Looks the program up; on Unix it is started through <c>setsid</c>, which makes it the leader of a session and a
    /// group and then becomes the program.
    /// </summary>
    /// <exception cref="SourceFailure">The program is not there.</exception>
    public static ProgramCommand Resolve(ExecOptions options)
    {
        IReadOnlyList<string> line = !options.Shell ? options.Command
            : OperatingSystem.IsWindows() ? ["cmd.exe", "/c", options.Command[0]]
            : ["/bin/sh", "-c", options.Command[0]];
        string program = Find(line[0]) ?? throw new SourceFailure(
            $"The program '{line[0]}' was not found; write its whole path, or put it on the service's PATH.");
        if (!OperatingSystem.IsWindows() && Find("setsid") is { } setsid)
            return new ProgramCommand(setsid, [program, .. line.Skip(1)], LeadsGroup: true);
        return new ProgramCommand(program, [.. line.Skip(1)], LeadsGroup: false);
    }

    private static string? Find(string name)
    {
        if (Path.IsPathFullyQualified(name))
            return File.Exists(name) ? name : null;
        if (name.Contains('/'))
            return null; // it would depend on the working directory
        string[] folders = (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator);
        string[] endings = OperatingSystem.IsWindows() ? ["", ".exe", ".cmd", ".bat"] : [""];
        return folders.Where(Path.IsPathFullyQualified)
            .SelectMany(folder => endings.Select(ending => Path.Combine(folder, name + ending)))
            .FirstOrDefault(File.Exists);
    }
}
