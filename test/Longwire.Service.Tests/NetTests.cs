using System.Text;
using Longwire.Service.Sources.Proc;

namespace Longwire.Service.Tests;

public sealed class NetTests
{
    [Theory]
    [InlineData("  eth0: 96731070    3293    1    2  0  0 0   0   266683    2632    3    4    0     0", "eth0")]
    [InlineData("eth0:96731070 3293 1 2 0 0 0 0 266683 2632 3 4 0 0 0 0", "eth0")]
    [InlineData("eth0:1: 96731070 3293 1 2 0 0 0 0 266683 2632 3 4", "eth0:1")]
    [InlineData(" br-1f.2@x: 96731070 3293 1 2 0 0 0 0 266683 2632 3 4 0 0 0 0 7 8", "br-1f.2@x")]
    public void Recorded_lines_are_read(string line, string name)
    {
        byte[] text = Encoding.UTF8.GetBytes(line);
        Assert.True(NetCounters.TryParse(text, out ReadOnlySpan<byte> nic, out NetCounters counters));
        Assert.Equal(name, Encoding.UTF8.GetString(nic));
        Assert.Equal(new NetCounters(96731070, 3293, 1, 2, 266683, 2632, 3, 4), counters);
    }

    [Theory]
    [InlineData("Inter-|   Receive                                                |  Transmit")]
    [InlineData(" face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop")]
    [InlineData("")]
    [InlineData("eth0:")]
    [InlineData(": 1 2 3 4 5 6 7 8 9 10 11 12")]
    [InlineData("eth0: 1 2 3 4 5 6 7 8 9 10 11")]
    [InlineData("eth0: 1 2 3 4 5 6 7 8 9 10 11 x")]
    [InlineData("eth0: -1 2 3 4 5 6 7 8 9 10 11 12")]
    public void Headers_and_malformed_lines_are_refused(string line) =>
        Assert.False(NetCounters.TryParse(Encoding.UTF8.GetBytes(line), out _, out _));
}
