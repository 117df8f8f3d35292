using System.Runtime.InteropServices;

namespace Longwire.Service.Sources.Exec;

/// <summary>A Unix process group.</summary>
internal static class ProcessGroup
{
    private const int SigKill = 9;

    /// <summary>Kills every process of the group (kill(2) with a negative id); none left is no error.</summary>
    public static void Kill(int leader) => _ = Send(-leader, SigKill);

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Send(int process, int signal);
}
