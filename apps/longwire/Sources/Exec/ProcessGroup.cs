using System.Runtime.InteropServices;

namespace Longwire.Service.Sources.Exec;

/// <summary>A Unix process group.</summary>
internal static class ProcessGroup
{
    private const int SigKill = 9;
    private const int NoSignal = 0; // asks only whether the process is there

    /// <summary>Kills every process of the group (kill(2) with a negative id); none left is no error.</summary>
    public static void Kill(int leader) => _ = Send(-leader, SigKill);

    /// <summary>
    /// Kills what is left of a group whose leader was waited for. While it has a member, its number is given to no
    /// process (POSIX, fork: the child's is that of no active group); where one has it, the group is gone.
    /// </summary>
    public static void KillRest(int leader)
    {
        if (Send(leader, NoSignal) != 0)
            _ = Send(-leader, SigKill);
    }

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Send(int process, int signal);
}
