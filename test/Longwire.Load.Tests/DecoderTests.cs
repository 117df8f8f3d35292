using System.Text;
using Longwire.Load.Protocols;
using Longwire.Primitives;

namespace Longwire.Load.Tests;

/// <summary>Every protocol, whole, under every two-way split, and byte by byte.</summary>
public sealed class DecoderTests
{
    private static readonly byte[] s_message = Message(64);

    public static TheoryData<string, byte[], string> Streams => new()
    {
        {
            "pushlab",
            [0, 0, 0, 1, .. "S"u8, .. Frame("pushlab", s_message), 0, 0, 0, 3, .. "Ehi"u8, 0, 0, 0, 1, .. "E"u8],
            "Ready Message:P64 Echo:E3 Ready"
        },
        { "lines", [.. "E\nEhello\r\nE\n"u8], "Ready Echo:E6 Ready" },
        {
            "mqtt",
            [0x20, 2, 0, 0, 0x90, 3, 0, 1, 0, .. Frame("mqtt", s_message), 0xD0, 0, .. Frame("mqtt", Message(300))],
            "Other Ready Message:P64 Ready Message:P300"
        },
        {
            "resp",
            [
                .. "*3\r\n$9\r\nsubscribe\r\n$1\r\nb\r\n:1\r\n"u8,
                .. "*3\r\n$7\r\nmessage\r\n$1\r\nb\r\n$64\r\n"u8, .. s_message, .. "\r\n:12\r\n+PONG\r\n"u8,
            ],
            "Ready Message:P64 Other Ready"
        },
        {
            "nats",
            [
                .. "INFO {\"server_id\":\"x\"}\r\nPONG\r\nMSG b 1 64\r\n"u8, .. s_message, .. "\r\nPING\r\n+OK\r\n"u8,
            ],
            "Other Ready Message:P64 Ping Other"
        },
    };

    [Theory]
    [MemberData(nameof(Streams))]
    public void A_stream_is_the_same_however_it_arrives(string protocol, byte[] stream, string expected)
    {
        Assert.Equal(expected, Read(protocol, stream));
        for (int cut = 1; cut < stream.Length; cut++)
            Assert.Equal(expected, Read(protocol, stream[..cut], stream[cut..]));
        Assert.Equal(expected, Read(protocol, [.. stream.Select(static one => (byte[])[one])]));
    }

    [Theory]
    [InlineData("pushlab", "\0\0\0\0")]
    [InlineData("pushlab", "\0\u00ff\0\0")]
    [InlineData("pushlab", "\0\0\0\u0001X")]
    [InlineData("lines", "hello\n")]
    [InlineData("lines", "\n")]
    [InlineData("mqtt", "\u0020\u0002\0\u0005")]
    [InlineData("mqtt", "\u0090\u0003\0\u0001\u0080")]
    [InlineData("mqtt", "\u0030\u00ff\u00ff\u00ff\u00ff\u0001")]
    [InlineData("mqtt", "\u0031\0")]
    [InlineData("resp", "-ERR max number of clients reached\r\n")]
    [InlineData("resp", "*2\r\n")]
    [InlineData("resp", "*3\r\n$7\r\nmessage\r\n$1\r\nb\r\n$x\r\n")]
    [InlineData("resp", "*3\r\n$7\r\nmessage\r\n$1\r\nb\r\n$1\r\nabc")]
    [InlineData("nats", "-ERR 'Authorization Violation'\r\n")]
    [InlineData("nats", "MSG b 1 -5\r\n")]
    public void A_refusal_or_nonsense_ends_the_stream(string protocol, string stream)
    {
        byte[] bytes = Encoding.Latin1.GetBytes(stream);

        Assert.Equal("Malformed", Read(protocol, bytes).Split(' ')[^1]);
        Assert.Equal("Malformed", Read(protocol, [.. bytes.Select(static one => (byte[])[one])]).Split(' ')[^1]);
    }

    [Theory]
    [InlineData("pushlab", true)]
    [InlineData("mqtt", true)]
    [InlineData("resp", true)]
    [InlineData("nats", true)]
    public void Only_an_end_between_replies_is_clean(string protocol, bool hasTopics)
    {
        ClientProtocol client = ClientProtocol.Named(protocol);
        Assert.Equal(hasTopics, client.HasTopics);
        byte[] stream = (byte[])Streams.Single(row => row.Data.Item1 == protocol).Data.Item2;
        var pool = new SlabPool();
        var replies = default(ReplyStream);
        ReadOnlySpan<byte> input = stream.AsSpan(0, stream.Length - 1);
        while (replies.TryNext(ref input, client, pool, out _))
        {
        }

        Assert.True(replies.IsMidReply);
        input = stream.AsSpan(stream.Length - 1);
        while (replies.TryNext(ref input, client, pool, out _))
        {
        }
        Assert.False(replies.IsMidReply);
        Assert.Equal(0, pool.Snapshot().Leases);
    }

    [Fact]
    public void An_mqtt_greeting_is_what_the_specification_says()
    {
        byte[] greeting = ClientProtocol.Named("mqtt").Greet(7, subscribe: true).ToArray();

        int connect = greeting[1];
        Assert.Equal(0x10, greeting[0]);
        Assert.Equal([0, 4, .. "MQTT"u8, 4, 2, 0, 0], greeting[2..12]); // level 4, clean session, no keep-alive
        Assert.Equal(connect, 10 + 2 + greeting[13]); // the client's name fills the rest
        Assert.EndsWith("-7", Encoding.ASCII.GetString(greeting, 14, greeting[13]), StringComparison.Ordinal);
        Assert.Equal([0x82, 6, 0, 1, 0, 1, (byte)'b', 0], greeting[(2 + connect)..]);
    }

    private static string Read(string protocol, params byte[][] parts)
    {
        ClientProtocol client = ClientProtocol.Named(protocol);
        var pool = new SlabPool();
        var replies = default(ReplyStream);
        var seen = new List<string>();
        foreach (byte[] part in parts)
        {
            ReadOnlySpan<byte> input = part;
            while (replies.TryNext(ref input, client, pool, out Reply reply))
            {
                bool hasPayload = reply.Kind is ReplyKind.Message or ReplyKind.Echo;
                seen.Add(hasPayload ? $"{reply.Kind}:{(char)reply.Payload[0]}{reply.Payload.Length}" : $"{reply.Kind}");
                if (reply.Kind == ReplyKind.Malformed)
                    return string.Join(' ', seen);
                if (reply.Kind == ReplyKind.Message)
                {
                    Assert.True(PushMessage.TryReadHeader(reply.Payload, out _));
                    Assert.True(PushMessage.HasBody(reply.Payload, 9));
                }
            }
        }
        Assert.False(replies.IsMidReply);
        Assert.Equal(0, pool.Snapshot().Leases);
        return string.Join(' ', seen);
    }

    private static byte[] Frame(string protocol, byte[] payload)
    {
        ClientProtocol client = ClientProtocol.Named(protocol);
        byte[] frame = new byte[client.FrameBytes(payload.Length)];
        payload.CopyTo(client.WriteFrame(frame, payload.Length));
        return frame;
    }

    private static byte[] Message(int size)
    {
        byte[] message = new byte[size];
        PushMessage.Write(message, 0, 9, 0);
        return message;
    }
}
