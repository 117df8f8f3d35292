using System.Buffers.Binary;
using System.Text.RegularExpressions;
using Longwire.Protocols.Feed;

namespace Longwire.FeedTests;

/// <summary>What the specification shows in hexadecimal is what the codec reads and writes.</summary>
public sealed partial class SpecificationTests
{
    [Fact]
    public void The_worked_exchanges_are_right()
    {
        int count = 0;
        foreach (Match line in Exchange().Matches(File.ReadAllText(Paths.Specification)))
        {
            byte[] frame = Convert.FromHexString(Blanks().Replace(line.Groups["hex"].Value, ""));
            Assert.Equal(frame.Length - 4, BinaryPrimitives.ReadInt32BigEndian(frame));
            SortedDictionary<string, string>? fields = Fields.Read(frame.AsSpan(4), out FeedFault fault);
            Assert.Equal(default, fault);
            Assert.Equal(frame[4..], Fields.Write((FeedType)frame[4], fields!));
            count++;
        }
        Assert.Equal(14, count);
    }

    [Theory]
    [InlineData("HELLO", FeedType.Hello)]
    [InlineData("SNAPSHOT-END", FeedType.SnapshotEnd)]
    [InlineData("REPLY", FeedType.Reply)]
    public void The_table_has_the_numbers_of_the_codec(string name, FeedType type) =>
        Assert.Contains(
            $"| {(byte)type:X2} | {name} |", File.ReadAllText(Paths.Specification), StringComparison.Ordinal);

    [Fact]
    public void Every_error_code_is_in_the_table()
    {
        string text = File.ReadAllText(Paths.Specification);
        Assert.All(Enum.GetValues<FeedErrorCode>().Where(static code => code != FeedErrorCode.None), code =>
            Assert.Contains(
                $"\n| {(int)code} | ", text[text.IndexOf("## What is an error", StringComparison.Ordinal)..],
                StringComparison.Ordinal));
    }

    [GeneratedRegex(@"^[CS]  (?<hex>[0-9A-F]{8}( [0-9A-F]+)*(\n   [0-9A-F]+)*)$", RegexOptions.Multiline)]
    private static partial Regex Exchange();

    [GeneratedRegex(@"\s")]
    private static partial Regex Blanks();
}
