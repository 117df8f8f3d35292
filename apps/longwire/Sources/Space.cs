namespace Longwire.Service.Sources;

/// <summary>The space of a mounted file system, in bytes; null when it cannot be asked.</summary>
/// <param name="Total">Its size.</param>
/// <param name="Free">What nothing is stored in.</param>
/// <param name="Available">What this process may still write: less than free when some is reserved.</param>
internal readonly record struct Space(long? Total, long? Free, long? Available)
{
    /// <summary>Asks the system (statfs on Unix).</summary>
    public static Space Read(string path)
    {
        try
        {
            var drive = new DriveInfo(path);
            return new Space(drive.TotalSize, drive.TotalFreeSpace, drive.AvailableFreeSpace);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return default; // Unmounted since, or not for this user: absent, and the others are still read.
        }
    }

    /// <summary>Writes the fields. The percentage is that of <c>df</c>: used / (used + available).</summary>
    public void Write(StatusReport report)
    {
        long? used = Total - Free;
        report.Write("total_bytes", Total);
        report.Write("free_bytes", Free);
        report.Write("available_bytes", Available);
        report.WritePercent("used_percent", Proportion.Percent(used, used + Available));
    }
}
