using System.Net;
using System.Net.Sockets;

namespace Longwire.Transport.Tests;

public sealed class AddressTests
{
    [Theory]
    [InlineData("tcp://127.0.0.1:7000", "tcp://127.0.0.1:7000")]
    [InlineData("127.0.0.1:7000", "tcp://127.0.0.1:7000")]
    [InlineData(":7000", "tcp://127.0.0.1:7000")]
    [InlineData("localhost:7000", "tcp://127.0.0.1:7000")]
    [InlineData("tcp://[::1]:7000", "tcp://[::1]:7000")]
    [InlineData("[::]:0", "tcp://[::]:0")]
    [InlineData("tcp://*:7000", "tcp://*:7000")]
    [InlineData("0.0.0.0:65535", "tcp://0.0.0.0:65535")]
    [InlineData("unix:///run/app.sock", "unix:///run/app.sock")]
    public void A_good_address_is_read_and_written(string text, string expected)
    {
        string written = ListenAddress.Parse(text).ToString();
        Assert.Equal(expected, written);
        Assert.Equal(expected, ListenAddress.Parse(written).ToString());
    }

    [Theory]
    [InlineData("", "HOST:PORT")]
    [InlineData("7000", "HOST:PORT")]
    [InlineData("127.0.0.1", "HOST:PORT")]
    [InlineData("http://127.0.0.1:80", "HOST:PORT")]
    [InlineData("127.0.0.1:", "port ''")]
    [InlineData("127.0.0.1:65536", "port '65536'")]
    [InlineData("127.0.0.1:-1", "port '-1'")]
    [InlineData("127.0.0.1: 80", "port ' 80'")]
    [InlineData("127.0.0.1:http", "port 'http'")]
    [InlineData("::1:7000", "host '::1'")]
    [InlineData("[127.0.0.1]:7000", "host '[127.0.0.1]'")]
    [InlineData("example.org:7000", "host 'example.org'")]
    [InlineData("256.0.0.1:7000", "host '256.0.0.1'")]
    [InlineData("1:7000", "host '1'")]
    [InlineData("010.0.0.1:7000", "host '010.0.0.1'")]
    [InlineData("unix://", "1 to 107 bytes")]
    public void A_bad_address_is_refused_with_the_reason(string text, string reason)
    {
        var refused = Assert.Throws<FormatException>(() => ListenAddress.Parse(text));
        Assert.StartsWith($"'{text}' is no listen address", refused.Message, StringComparison.Ordinal);
        Assert.Contains(reason, refused.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_unix_path_is_measured_in_bytes()
    {
        Assert.NotNull(ListenAddress.Parse("unix://" + new string('x', 107)));
        Assert.Throws<FormatException>(() => ListenAddress.Parse("unix://" + new string('x', 108)));
        Assert.Throws<FormatException>(() => ListenAddress.Parse("unix://" + new string('ü', 60)));
    }

    [Theory]
    [InlineData("127.0.0.1", "127.0.0.1")]
    [InlineData("255.254.253.252", "255.254.253.252")]
    [InlineData("::1", "::1")]
    [InlineData("2001:db8::ff00:42:8329", "2001:db8::ff00:42:8329")]
    [InlineData("fe80::1%3", "fe80::1%3")]
    [InlineData("::ffff:10.1.2.3", "10.1.2.3")]
    public void A_peer_address_comes_back(string text, string expected)
    {
        var endPoint = new IPEndPoint(IPAddress.Parse(text), 4711);
        PeerAddress address = PeerAddress.From(endPoint);
        Assert.True(address.IsIP);
        Assert.Equal(4711, address.Port);
        Assert.Equal(new IPEndPoint(IPAddress.Parse(expected), 4711), address.ToEndPoint());
        Assert.Equal(address, PeerAddress.From(address.ToEndPoint()));
        Assert.Equal(address.GetHashCode(), PeerAddress.From(endPoint).GetHashCode());
        Assert.Equal(0, address.WithoutPort().Port);
        Assert.NotEqual(address, address.WithoutPort());
        Assert.Equal(address.WithoutPort(), PeerAddress.From(new IPEndPoint(endPoint.Address, 1)).WithoutPort());
    }

    [Theory]
    [InlineData("127.0.0.1")]
    [InlineData("2001:db8::1")]
    [InlineData("fe80::1%3")]
    [InlineData("::ffff:10.1.2.3")]
    public void The_kernels_form_is_read(string text)
    {
        Pollers.SkipUnlessLinux();
        var endPoint = new IPEndPoint(IPAddress.Parse(text), 4711);
        SocketAddress serialized = endPoint.Serialize();
        Assert.Equal(
            PeerAddress.From(endPoint), PeerAddress.FromLinux(serialized.Buffer.Span[..serialized.Size]));
    }

    [Fact]
    public void A_unix_peer_and_nobody_have_names()
    {
        Assert.Equal("unix", PeerAddress.From(new UnixDomainSocketEndPoint("/x")).ToString());
        Assert.False(PeerAddress.From(new UnixDomainSocketEndPoint("/x")).IsIP);
        Assert.Equal("unknown", PeerAddress.From(null).ToString());
        Assert.Equal(default, PeerAddress.FromLinux([1]));
        Assert.Equal(default, PeerAddress.FromLinux([2, 0, 1]));
        Assert.Equal("unix", PeerAddress.FromLinux([1, 0]).ToString());
    }
}
