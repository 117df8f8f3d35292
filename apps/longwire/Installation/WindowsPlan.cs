namespace Longwire.Service.Installation;

/// <summary>What installing a Windows service consists of: the service, and its name in the event log.</summary>
internal static class WindowsPlan
{
    private const string Name = "longwire"; // the name that ServiceHost answers to
    private const string Source = @"HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application\" + Name;

    /// <param name="program">The whole path of the program.</param>
    public static InstallStep[] Install(string program)
    {
        int end = program.LastIndexOf('\\');
        string messages = $@"{(end < 0 ? "" : program[..end])}\System.Diagnostics.EventLog.Messages.dll";
        return
        [
            // sc.exe wants the blank after the sign of equality: name and value are two arguments.
            Sc("create", Name, "binPath=", $"\"{program}\" serve", "start=", "auto",
                "obj=", @"NT AUTHORITY\LocalService", "DisplayName=", "Longwire"),
            Sc("description", Name, "Pushes the live status of this machine to everyone who watches."),
            // The service has a name of its own in access lists: NT SERVICE\longwire.
            Sc("sidtype", Name, "unrestricted"),
            Sc("failure", Name, "reset=", "86400", "actions=", "restart/2000/restart/2000/restart/60000"),
            Sc("failureflag", Name, "1"), // an exit code is a failure, too
            new InstallStep.Run("reg.exe", "add", Source, "/v", "EventMessageFile", "/t", "REG_EXPAND_SZ",
                "/d", messages, "/f"),
            Sc("start", Name),
        ];
    }

    public static InstallStep[] Uninstall() =>
    [
        Sc("stop", Name) with { MayFail = true }, // it may not run
        Sc("delete", Name),
        new InstallStep.Run("reg.exe", "delete", Source, "/f") { MayFail = true },
    ];

    private static InstallStep.Run Sc(params string[] arguments) => new("sc.exe", arguments);
}
