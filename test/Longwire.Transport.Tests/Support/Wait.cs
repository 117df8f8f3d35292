using System.Net.Sockets;

namespace Longwire.Transport.Tests;

/// <summary>Waits that have a deadline and say what they waited for.</summary>
internal static class Wait
{
    internal static readonly TimeSpan Deadline = TimeSpan.FromSeconds(20);

    internal static void Until(Func<bool> condition, string what)
    {
        if (!SpinWait.SpinUntil(condition, Deadline))
            Assert.Fail($"Waited {Deadline.TotalSeconds} s for: {what}.");
    }

    internal static void For(ManualResetEventSlim signal, string what)
    {
        if (!signal.Wait(Deadline))
            Assert.Fail($"Waited {Deadline.TotalSeconds} s for: {what}.");
    }

    internal static T For<T>(Task<T> task, string what)
    {
        if (!task.Wait(Deadline))
            Assert.Fail($"Waited {Deadline.TotalSeconds} s for: {what}.");
        return task.Result;
    }

    /// <summary>Receives exactly <paramref name="count"/> bytes, or says how far it came.</summary>
    internal static byte[] Exactly(Socket socket, int count)
    {
        var bytes = new byte[count];
        int have = 0;
        while (have < count)
        {
            int more = socket.Receive(bytes, have, count - have, SocketFlags.None, out SocketError error);
            if (more <= 0 || error != SocketError.Success)
                Assert.Fail($"Waited for {count} bytes, got {have}, then {error} ({more}).");
            have += more;
        }
        return bytes;
    }

    /// <summary>Reads to the end; the error that came instead of FIN, or Success.</summary>
    internal static SocketError ToEnd(Socket socket, out long bytes)
    {
        var buffer = new byte[65536];
        bytes = 0;
        while (true)
        {
            int count = socket.Receive(buffer, 0, buffer.Length, SocketFlags.None, out SocketError error);
            if (error != SocketError.Success)
                return error;
            if (count == 0)
                return SocketError.Success;
            bytes += count;
        }
    }
}
