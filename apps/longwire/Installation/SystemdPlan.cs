namespace Longwire.Service.Installation;

/// <summary>What installing a systemd service consists of.</summary>
internal static class SystemdPlan
{
    /// <summary>The folder that is there when systemd started the system, sd_booted(3).</summary>
    public const string Booted = "/run/systemd/system";

    /// <param name="program">The whole path of the program, as the service sees it.</param>
    /// <param name="root">A folder that is a system's root; null for this system, where it is started.</param>
    public static InstallStep[] Install(string program, string? root)
    {
        var write = new InstallStep.WriteUnit(UnitPath(root), SystemdUnit.Text(program));
        return root is not null
            ? [write]
            : [write, Systemctl("daemon-reload"), Systemctl("enable", "--now", SystemdUnit.Name)];
    }

    public static InstallStep[] Uninstall(string? root)
    {
        var delete = new InstallStep.DeleteUnit(UnitPath(root));
        return root is not null
            ? [delete]
            : [Systemctl("disable", "--now", SystemdUnit.Name), delete, Systemctl("daemon-reload")];
    }

    /// <summary>Where an administrator's units are, systemd.unit(5).</summary>
    public static string UnitPath(string? root) => Path.Join(root, "/etc/systemd/system", SystemdUnit.Name);

    private static InstallStep.Run Systemctl(params string[] arguments) => new("systemctl", arguments);
}
