namespace Longwire.Service.Installation;

/// <summary>The unit: how systemd runs the service, and what it keeps from it.</summary>
/// <remarks>
/// What is not in it, and why: <c>MemoryDenyWriteExecute=</c>, because .NET compiles while it runs; <c>ProcSubset=</c>
/// and <c>ProtectProc=</c>, because the status is read from /proc; <c>PrivateUsers=</c>, because a capability that a
/// drop-in adds, for a port below 1024, would count for nothing; <c>MemoryMax=</c>, because the right value is the
/// machine's.
/// </remarks>
internal static class SystemdUnit
{
    public const string Name = "longwire.service";

    private const string Mark = "# Written by longwire install;";

    /// <summary>The unit's text.</summary>
    /// <param name="program">The whole path of the program.</param>
    public static string Text(string program) => $"""
        {Mark} changes belong into a drop-in, which "systemctl edit longwire" makes.
        [Unit]
        Description=Longwire pushes the live status of this machine
        Wants=network-online.target
        After=network-online.target
        # Five failed starts in a minute are a mistake that a sixth does not mend.
        StartLimitIntervalSec=60
        StartLimitBurst=5

        [Service]
        Type=notify
        ExecStart={Quote(program)} serve
        Environment=LONGWIRE_DATA=%S/longwire
        WatchdogSec=30
        Restart=on-failure
        RestartSec=2
        # The service ends its sources' programs itself, in order.
        KillMode=mixed
        # One for each connection, and some hundred for the rest.
        LimitNOFILE=200000

        # A user that exists while the service runs. If there is a user named longwire, it is taken instead.
        DynamicUser=yes
        ConfigurationDirectory=longwire
        StateDirectory=longwire
        StateDirectoryMode=0750
        RuntimeDirectory=longwire
        UMask=0027

        NoNewPrivileges=yes
        CapabilityBoundingSet=
        AmbientCapabilities=
        ProtectSystem=strict
        # Not hidden: a disk that is mounted there has its topic, too.
        ProtectHome=read-only
        PrivateTmp=yes
        PrivateDevices=yes
        ProtectClock=yes
        ProtectControlGroups=yes
        ProtectHostname=yes
        ProtectKernelLogs=yes
        ProtectKernelModules=yes
        ProtectKernelTunables=yes
        LockPersonality=yes
        RemoveIPC=yes
        RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
        RestrictNamespaces=yes
        RestrictRealtime=yes
        RestrictSUIDSGID=yes
        SystemCallArchitectures=native
        SystemCallFilter=@system-service
        SystemCallFilter=~@privileged
        SystemCallErrorNumber=EPERM

        [Install]
        WantedBy=multi-user.target

        """.ReplaceLineEndings("\n");

    /// <summary>Whether a unit's text is of an earlier <c>longwire install</c>.</summary>
    public static bool IsOurs(string text) => text.StartsWith(Mark, StringComparison.Ordinal);

    /// <summary>Whether systemd takes a path as a program's at all.</summary>
    public static bool TakesProgram(string path) =>
        path.IndexOfAny(['"', '\'', '\\']) < 0 && !path.Any(char.IsControl);

    /// <summary>A path as the first word of ExecStart=, systemd.service(5), "Command lines".</summary>
    private static string Quote(string path)
    {
        string escaped = path.Replace("%", "%%", StringComparison.Ordinal);
        return escaped.Contains(' ', StringComparison.Ordinal) ? $"\"{escaped}\"" : escaped;
    }
}
