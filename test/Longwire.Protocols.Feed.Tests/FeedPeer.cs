using System.Buffers;
using System.Buffers.Binary;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;
using Longwire.Protocols.Feed;
using Longwire.ServerTests;

namespace Longwire.FeedTests;

/// <summary>A peer that speaks Feed on a plain socket, message by message.</summary>
internal sealed class FeedPeer : IDisposable
{
    private readonly Socket _socket;

    private FeedPeer(Socket socket) => _socket = socket;

    internal static async Task<FeedPeer> Dial(IPEndPoint address)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        await Wait.For(socket.ConnectAsync(address), "the connect");
        return new FeedPeer(socket);
    }

    public void Dispose() => _socket.Dispose();

    internal void Send(Action<IBufferWriter<byte>> write)
    {
        var output = new ArrayBufferWriter<byte>();
        write(output);
        SendRaw(output.WrittenSpan);
    }

    /// <summary>Sends any bytes as one message.</summary>
    internal void SendRaw(ReadOnlySpan<byte> message)
    {
        byte[] frame = new byte[4 + message.Length];
        BinaryPrimitives.WriteInt32BigEndian(frame, message.Length);
        message.CopyTo(frame.AsSpan(4));
        SendBytes(frame);
    }

    internal void SendBytes(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[_socket.Send(bytes)..];
    }

    internal void Subscribe(string filter, uint id = 2) =>
        Send(output => FeedSubscribe.Write(output, id, TimeSpan.Zero, filter, []));

    internal void Publish(uint id, string topic, string payload) =>
        Send(output => FeedPublish.Write(output, id, topic, Encoding.UTF8.GetBytes(payload)));

    internal void Command(uint id, string name, string payload = "", TimeSpan deadline = default) =>
        Send(output => FeedCommand.Write(output, id, deadline, name, Encoding.UTF8.GetBytes(payload)));

    internal void LogIn(uint id, string user, string secret) =>
        Send(output => FeedAuth.Write(output, id, user, secret));

    /// <summary>The next message, which is of this type.</summary>
    internal Task<IReadOnlyDictionary<string, string>> Expect(FeedType type) => ExpectAny(type);

    /// <summary>The next message, which is of one of these types.</summary>
    internal async Task<IReadOnlyDictionary<string, string>> ExpectAny(params FeedType[] types)
    {
        string wanted = string.Join(" or ", types);
        byte[]? message = await Receive($"a message of type {wanted}");
        Assert.NotNull(message);
        SortedDictionary<string, string>? fields = Fields.Read(message, out FeedFault fault);
        Assert.Equal(default, fault);
        var type = (FeedType)message[0];
        Assert.True(types.Contains(type), $"{type} {string.Join(", ", fields!)} instead of {wanted}");
        return fields!;
    }

    /// <summary>The next message is a VALUE: <c>host/cpu 41 text</c>.</summary>
    internal async Task<string> ExpectValue()
    {
        IReadOnlyDictionary<string, string> value = await Expect(FeedType.Value);
        return $"{value["topic"]} {value["sequence"]} {Text(value["payload"])}";
    }

    /// <summary>The next message is an ERROR with this id, code and field.</summary>
    internal async Task<string> ExpectError(uint id, FeedErrorCode code, string field)
    {
        IReadOnlyDictionary<string, string> error = await Expect(FeedType.Error);
        Assert.Equal(
            (id.ToString(CultureInfo.InvariantCulture), code, field),
            (error["id"], (FeedErrorCode)int.Parse(error["code"], CultureInfo.InvariantCulture), error["field"]));
        Assert.NotEmpty(error["text"]);
        return error["text"];
    }

    internal async Task<string> ExpectReply(uint id)
    {
        IReadOnlyDictionary<string, string> reply = await Expect(FeedType.Reply);
        Assert.Equal(id.ToString(CultureInfo.InvariantCulture), reply["id"]);
        return Text(reply["payload"]);
    }

    internal async Task ExpectDone(uint id, long sequence = 0)
    {
        IReadOnlyDictionary<string, string> done = await Expect(FeedType.Done);
        Assert.Equal($"{id} {sequence}", $"{done["id"]} {done["sequence"]}");
    }

    internal async Task ExpectEnd() => Assert.Null(await Receive("the FIN"));

    /// <summary>The connection is as well as ever: the server answers.</summary>
    internal async Task ExpectPong()
    {
        Send(static output => FeedPing.Write(output, 77));
        Assert.Equal("77", (await Expect(FeedType.Pong))["token"]);
    }

    private static string Text(string hex) => Encoding.UTF8.GetString(Convert.FromHexString(hex));

    private async Task<byte[]?> Receive(string what)
    {
        byte[]? header = await Receive(4, what);
        return header is null ? null : await Receive(BinaryPrimitives.ReadInt32BigEndian(header), what);
    }

    private async Task<byte[]?> Receive(int count, string what)
    {
        byte[] bytes = new byte[count];
        for (int have = 0; have < count;)
        {
            int got = await Wait.For(_socket.ReceiveAsync(
                new ArraySegment<byte>(bytes, have, count - have), SocketFlags.None), what);
            if (got == 0)
            {
                Assert.Equal(0, have);
                return null;
            }
            have += got;
        }
        return bytes;
    }
}
