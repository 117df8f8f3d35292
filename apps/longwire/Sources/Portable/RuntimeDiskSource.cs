namespace Longwire.Service.Sources.Portable;

/// <summary>
/// <c>host/disk/&lt;mount&gt;</c> for the fixed drives that the runtime lists. It does not know their traffic.
/// </summary>
internal sealed class RuntimeDiskSource : IStatusSource
{
    public string Name => "disk";

    public void Read(StatusReport report)
    {
        foreach (DriveInfo drive in DriveInfo.GetDrives())
        {
            if (drive.DriveType != DriveType.Fixed || !drive.IsReady)
                continue;
            report.Begin($"host/disk/{TopicLevel.FromDrive(drive.Name)}");
            report.WriteText("mount", drive.Name);
            report.WriteText("filesystem", drive.DriveFormat);
            Space.Read(drive.Name).Write(report);
            report.WriteAbsent("read_bytes_per_second");
            report.WriteAbsent("write_bytes_per_second");
            report.End();
        }
    }
}
