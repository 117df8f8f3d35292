using System.Buffers;
using System.Globalization;
using System.Text;
using Longwire.Protocols.Feed;

namespace Longwire.FeedTests;

/// <summary>A message as names and texts, and back: what the vectors and the properties compare.</summary>
internal static class Fields
{
    /// <summary>The fields of a message; null when it is no good, and then the fault says why.</summary>
    internal static SortedDictionary<string, string>? Read(ReadOnlySpan<byte> message, out FeedFault fault)
    {
        var all = new SortedDictionary<string, string>(StringComparer.Ordinal);
        fault = default;
        bool good = FeedProtocol.TypeOf(message) switch
        {
            FeedType.Hello => FeedHello.TryRead(message, out FeedHello m, out fault) && Add(all,
                ("version", m.Version), ("features", (int)m.Features), ("epoch", m.Epoch),
                ("max message bytes", m.MaxMessageBytes), ("heartbeat", m.Heartbeat), ("name", Text(m.Name))),
            FeedType.Auth => FeedAuth.TryRead(message, out FeedAuth m, out fault) && Add(all,
                ("id", m.Id), ("user", Text(m.User)), ("secret", Text(m.Secret))),
            FeedType.Done => FeedDone.TryRead(message, out FeedDone m, out fault) && Add(all,
                ("id", m.Id), ("sequence", m.Sequence)),
            FeedType.Error => FeedError.TryRead(message, out FeedError m, out fault) && Add(all,
                ("id", m.Id), ("code", (int)m.Code), ("field", Text(m.Field)), ("text", Text(m.Text))),
            FeedType.Goodbye => FeedGoodbye.TryRead(message, out FeedGoodbye m, out fault) && Add(all,
                ("reason", m.Reason), ("retry after", m.RetryAfter), ("jitter", m.Jitter), ("text", Text(m.Text))),
            FeedType.Ping => FeedPing.TryRead(message, out FeedPing m, out fault) && Add(all, ("token", m.Token)),
            FeedType.Pong => FeedPong.TryRead(message, out FeedPong m, out fault) && Add(all, ("token", m.Token)),
            FeedType.Subscribe => FeedSubscribe.TryRead(message, out FeedSubscribe m, out fault) && Add(all,
                ("id", m.Id), ("interval", m.Interval), ("filter", Text(m.Filter)), ("positions", Text(m.Positions))),
            FeedType.Unsubscribe => FeedUnsubscribe.TryRead(message, out FeedUnsubscribe m, out fault) && Add(all,
                ("id", m.Id), ("filter", Text(m.Filter))),
            FeedType.Value => FeedValue.TryRead(message, out FeedValue m, out fault) && Add(all,
                ("sequence", m.Sequence), ("topic", Text(m.Topic)), ("payload", Convert.ToHexString(m.Payload))),
            FeedType.SnapshotEnd => FeedSnapshotEnd.TryRead(message, out FeedSnapshotEnd m, out fault) && Add(all,
                ("filter", Text(m.Filter))),
            FeedType.Gap => FeedGap.TryRead(message, out FeedGap m, out fault) && Add(all,
                ("count", m.Count), ("topic", Text(m.Topic))),
            FeedType.Stale => FeedStale.TryRead(message, out FeedStale m, out fault) && Add(all,
                ("topic", Text(m.Topic))),
            FeedType.Publish => FeedPublish.TryRead(message, out FeedPublish m, out fault) && Add(all,
                ("id", m.Id), ("topic", Text(m.Topic)), ("payload", Convert.ToHexString(m.Payload))),
            FeedType.Command => FeedCommand.TryRead(message, out FeedCommand m, out fault) && Add(all,
                ("id", m.Id), ("deadline", m.Deadline), ("name", Text(m.Name)),
                ("payload", Convert.ToHexString(m.Payload))),
            FeedType.Reply => FeedReply.TryRead(message, out FeedReply m, out fault) && Add(all,
                ("id", m.Id), ("payload", Convert.ToHexString(m.Payload))),
            _ => Unknown(message, out fault),
        };
        return good ? all : null;
    }

    /// <summary>The message of a type with these fields.</summary>
    internal static byte[] Write(FeedType type, IReadOnlyDictionary<string, string> fields)
    {
        var output = new ArrayBufferWriter<byte>();
        string Field(string name) => fields[name];
        long Number(string name) => long.Parse(fields[name], CultureInfo.InvariantCulture);
        uint Id() => (uint)Number("id");
        TimeSpan Time(string name) => TimeSpan.FromMilliseconds(Number(name));
        byte[] Payload() => Convert.FromHexString(fields["payload"]);
        ulong Token() => ulong.Parse(fields["token"], CultureInfo.InvariantCulture);
        switch (type)
        {
            case FeedType.Hello:
                FeedHello.Write(output, (ushort)Number("version"), (FeedFeatures)Number("features"), Number("epoch"),
                    (uint)Number("max message bytes"), Time("heartbeat"), Field("name"));
                break;
            case FeedType.Auth: FeedAuth.Write(output, Id(), Field("user"), Field("secret")); break;
            case FeedType.Done: FeedDone.Write(output, Id(), Number("sequence")); break;
            case FeedType.Error:
                FeedError.Write(output, Id(), (FeedErrorCode)Number("code"), Field("field"), Field("text"));
                break;
            case FeedType.Goodbye:
                FeedGoodbye.Write(output, (ushort)Number("reason"), Time("retry after"), Time("jitter"), Field("text"));
                break;
            case FeedType.Ping: FeedPing.Write(output, Token()); break;
            case FeedType.Pong: FeedPong.Write(output, Token()); break;
            case FeedType.Subscribe:
                FeedSubscribe.Write(output, Id(), Time("interval"), Field("filter"), Positions(Field("positions")));
                break;
            case FeedType.Unsubscribe: FeedUnsubscribe.Write(output, Id(), Field("filter")); break;
            case FeedType.Value: FeedValue.Write(output, Number("sequence"), Field("topic"), Payload()); break;
            case FeedType.SnapshotEnd: FeedSnapshotEnd.Write(output, Field("filter")); break;
            case FeedType.Gap: FeedGap.Write(output, Number("count"), Field("topic")); break;
            case FeedType.Stale: FeedStale.Write(output, Field("topic")); break;
            case FeedType.Publish: FeedPublish.Write(output, Id(), Field("topic"), Payload()); break;
            case FeedType.Command:
                FeedCommand.Write(output, Id(), Time("deadline"), Field("name"), Payload());
                break;
            case FeedType.Reply: FeedReply.Write(output, Id(), Payload()); break;
            default: throw new ArgumentOutOfRangeException(nameof(type), type, "A type without fields.");
        }
        return output.WrittenSpan.ToArray();
    }

    private static bool Add(
        SortedDictionary<string, string> all, params ReadOnlySpan<(string Name, object Value)> fields)
    {
        foreach ((string name, object value) in fields)
        {
            all[name] = value is TimeSpan time
                ? ((long)time.TotalMilliseconds).ToString(CultureInfo.InvariantCulture)
                : string.Create(CultureInfo.InvariantCulture, $"{value}");
        }
        return true;
    }

    private static bool Unknown(ReadOnlySpan<byte> message, out FeedFault fault)
    {
        fault = new FeedFault(
            message.IsEmpty ? FeedErrorCode.Malformed : FeedErrorCode.UnknownType, "type");
        return false;
    }

    private static string Text(ReadOnlySpan<byte> utf8) => Encoding.UTF8.GetString(utf8);

    /// <summary><c>host/cpu=7 host/disk=9</c>: topics hold no white space.</summary>
    private static string Text(FeedPositions positions)
    {
        var text = new List<string>();
        while (positions.TryRead(out ReadOnlySpan<byte> topic, out long sequence))
            text.Add(string.Create(CultureInfo.InvariantCulture, $"{Text(topic)}={sequence}"));
        return string.Join(' ', text);
    }

    private static FeedPosition[] Positions(string text) =>
        [.. text.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(static one => new FeedPosition(
            one[..one.LastIndexOf('=')],
            long.Parse(one.AsSpan(one.LastIndexOf('=') + 1), CultureInfo.InvariantCulture)))];
}
