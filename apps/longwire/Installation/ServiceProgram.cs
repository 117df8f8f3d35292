namespace Longwire.Service.Installation;

/// <summary>The program that the service runs.</summary>
internal static class ServiceProgram
{
    /// <summary>This program when it is a published one; null when dotnet, or a test, runs its assembly.</summary>
    public static string? OfThisProcess =>
        Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "longwire" ? Environment.ProcessPath : null;

    /// <summary>Why a service of systemd's could not run a program of this system; null when it can.</summary>
    /// <remarks>Its user is nobody's: what is closed to others is closed to it, and it has a /tmp of its own.</remarks>
    public static string? Objection(string program)
    {
        if (OperatingSystem.IsWindows())
            return File.Exists(program) ? null : $"there is no file '{program}'";
        if (program.StartsWith("/tmp/", StringComparison.Ordinal)
            || program.StartsWith("/var/tmp/", StringComparison.Ordinal))
        {
            return $"the service has a /tmp of its own and would not find '{program}'; "
                + "move the folder with it, to /opt/longwire, say";
        }
        if (!File.Exists(program))
            return $"there is no file '{program}'";
        const UnixFileMode needed = UnixFileMode.OtherExecute;
        for (string? path = program; path is not null; path = Path.GetDirectoryName(path))
        {
            if ((File.GetUnixFileMode(path) & needed) == 0)
            {
                return $"the service's user cannot run '{program}', because {path} is closed to others; "
                    + "move the folder with the program, to /opt/longwire, say";
            }
        }
        return null;
    }
}
