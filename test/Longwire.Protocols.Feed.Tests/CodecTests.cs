using System.Buffers;
using System.Globalization;
using System.Text.Json;
using CsCheck;
using Longwire.Protocols.Feed;

namespace Longwire.FeedTests;

/// <summary>The codec alone: the published vectors, and messages that nobody thought of.</summary>
public sealed class CodecTests
{
    private static readonly JsonElement s_vectors = JsonDocument.Parse(File.ReadAllText(Paths.Vectors)).RootElement;

    private static readonly byte[][] s_good =
        [.. s_vectors.GetProperty("messages").EnumerateArray().Select(static vector => Hex(vector))];

    private static readonly Gen<byte[]> s_model = Gen.Int[0, s_good.Length - 1].Select(static i => s_good[i]);
    private static readonly Gen<string> s_text = Gen.String[Gen.Char['a', 'ż'], 0, 80];
    private static readonly Gen<string> s_number = Gen.Long[0, long.MaxValue].Select(static n => $"{n}");
    private static readonly Gen<string> s_small = Gen.UInt.Select(static n => $"{n}");
    private static readonly Gen<string> s_payload = Gen.Byte.Array[0, 100].Select(Convert.ToHexString);

    public static TheoryData<string> Messages() => Names("messages");

    public static TheoryData<string> Malformed() => Names("malformed");

    [Theory]
    [MemberData(nameof(Messages))]
    public void A_vector_is_read_and_written_byte_for_byte(string name)
    {
        JsonElement vector = Vector("messages", name);
        SortedDictionary<string, string>? fields = Fields.Read(Hex(vector), out FeedFault fault);
        Assert.Equal(default, fault);
        Assert.Equal(Expected(vector), fields);
        if (!vector.TryGetProperty("readOnly", out _))
            Assert.Equal(Hex(vector), Fields.Write((FeedType)Hex(vector)[0], fields!));
    }

    [Theory]
    [MemberData(nameof(Malformed))]
    public void A_malformed_vector_gives_its_error(string name)
    {
        JsonElement vector = Vector("malformed", name);
        Assert.Null(Fields.Read(Hex(vector), out FeedFault fault));
        Assert.Equal(vector.GetProperty("code").GetInt32(), (int)fault.Code);
        Assert.Equal(vector.GetProperty("field").GetString(), fault.Field);
    }

    [Fact]
    public void The_vectors_hold_every_type() =>
        Assert.Equal(Enum.GetValues<FeedType>(), s_good.Select(static m => (FeedType)m[0]).Distinct().Order());

    [Fact]
    public void Every_message_comes_back_as_it_was_written() =>
        Gen.Select(s_model, s_text.Array[8], s_number.Array[8], s_small.Array[8], s_payload)
            .Sample(static (model, texts, numbers, smalls, payload) =>
            {
                SortedDictionary<string, string> fields = Fields.Read(model, out _)!;
                int i = 0;
                foreach (string name in fields.Keys.ToArray())
                {
                    fields[name] = name switch
                    {
                        "version" or "features" or "code" or "reason" => $"{uint.Parse(smalls[i], null) % 65536}",
                        "epoch" or "sequence" or "count" or "token" => numbers[i],
                        "payload" => payload,
                        "positions" => $"{texts[6]}={numbers[6]} {texts[7]}={numbers[7]}",
                        _ when char.IsAsciiDigit(fields[name].FirstOrDefault()) => smalls[i],
                        _ => texts[i],
                    };
                    i++;
                }
                byte[] message = Fields.Write((FeedType)model[0], fields);
                Assert.Equal(fields, Fields.Read(message, out _));
            });

    [Fact]
    public void No_damage_throws_and_each_has_its_fault() =>
        Gen.Select(s_model, Gen.Int[0, 200], Gen.Byte.Array[0, 4], Gen.Int[0, 200], Gen.Bool)
            .Sample(static (good, at, bytes, length, cut) =>
            {
                byte[] damaged = [.. good];
                for (int i = 0; i < bytes.Length; i++)
                    damaged[(at + i) % damaged.Length] = bytes[i];
                if (cut)
                    damaged = damaged[..Math.Min(length, damaged.Length)];
                SortedDictionary<string, string>? fields = Fields.Read(damaged, out FeedFault fault);
                Assert.Equal(fields is null, fault.Code is FeedErrorCode.Malformed or FeedErrorCode.UnknownType);
                Assert.Equal(fields is null, !string.IsNullOrEmpty(fault.Field));
            }, iter: 20_000);

    [Fact]
    public void Every_message_that_is_cut_short_is_malformed_or_has_a_shorter_payload()
    {
        foreach (byte[] good in s_good)
        {
            for (int length = 0; length < good.Length; length++)
            {
                SortedDictionary<string, string>? fields = Fields.Read(good.AsSpan(0, length), out FeedFault fault);
                if (fields is null)
                    Assert.Equal(FeedErrorCode.Malformed, fault.Code);
                else if (!fields.ContainsKey("payload"))
                    Assert.True(length >= Fields.Write((FeedType)good[0], fields).Length);
            }
        }
    }

    [Fact]
    public void A_reader_takes_messages_of_its_own_type_only()
    {
        byte[] ping = s_good.First(static message => message[0] == (byte)FeedType.Ping);
        Assert.False(FeedPong.TryRead(ping, out _, out FeedFault fault));
        Assert.Equal(new FeedFault(FeedErrorCode.UnknownType, "type"), fault);
        Assert.Equal(default, FeedProtocol.TypeOf([]));
    }

    [Fact]
    public void What_no_peer_would_take_is_not_written()
    {
        var output = new ArrayBufferWriter<byte>();
        Assert.Throws<ArgumentOutOfRangeException>(() => FeedGap.Write(output, -1, "a"));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => FeedStale.Write(output, new string('a', FeedProtocol.MaxTopicBytes + 1)));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => FeedGoodbye.Write(output, 500, TimeSpan.FromDays(50), TimeSpan.Zero, ""));
        Assert.Throws<ArgumentOutOfRangeException>(
            () => FeedSubscribe.Write(output, 1, TimeSpan.FromTicks(-1), "a", []));
        Assert.Throws<ArgumentOutOfRangeException>(() => FeedSubscribe.Write(
            output, 1, TimeSpan.Zero, "a", new FeedPosition[FeedProtocol.MaxPositions + 1]));
        Assert.Throws<ArgumentNullException>(() => FeedPing.Write(null!, 1));
    }

    [Fact]
    public void Reading_and_writing_allocate_nothing()
    {
        var output = new ArrayBufferWriter<byte>(256);
        Round(output); // the first call may
        long before = GC.GetAllocatedBytesForCurrentThread();
        long sum = Round(output);
        Assert.Equal(0, GC.GetAllocatedBytesForCurrentThread() - before);
        Assert.Equal(42, sum);

        static long Round(ArrayBufferWriter<byte> output)
        {
            output.ResetWrittenCount();
            FeedValue.Write(output, 40, "host/cpu", "12"u8);
            Assert.True(FeedValue.TryRead(output.WrittenSpan, out FeedValue value, out _));
            return value.Sequence + value.Payload.Length;
        }
    }

    private static TheoryData<string> Names(string group) =>
        [.. s_vectors.GetProperty(group).EnumerateArray().Select(static v => v.GetProperty("name").GetString()!)];

    private static JsonElement Vector(string group, string name) =>
        s_vectors.GetProperty(group).EnumerateArray().Single(v => v.GetProperty("name").GetString() == name);

    private static byte[] Hex(JsonElement vector) =>
        Convert.FromHexString(vector.GetProperty("hex").GetString()!.Replace(" ", "", StringComparison.Ordinal));

    private static SortedDictionary<string, string> Expected(JsonElement vector) => new(
        vector.GetProperty("fields").EnumerateObject().ToDictionary(
            static field => field.Name,
            static field => field.Value.ValueKind switch
            {
                JsonValueKind.Number => field.Value.GetUInt64().ToString(CultureInfo.InvariantCulture),
                JsonValueKind.Object => string.Join(' ', field.Value.EnumerateObject()
                    .Select(static position => $"{position.Name}={position.Value}")),
                _ => field.Value.GetString()!,
            }),
        StringComparer.Ordinal);
}
