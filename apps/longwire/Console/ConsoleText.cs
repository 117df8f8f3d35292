using System.Buffers;
using System.Text;

namespace Longwire.Service.Console;

/// <summary>Lines as bytes.</summary>
internal static class ConsoleText
{
    /// <summary>A value: <c>topic json</c>.</summary>
    public static void WriteValue(Topic topic, ReadOnlySpan<byte> json, IBufferWriter<byte> output)
    {
        Write(topic.Name, output);
        output.Write(" "u8);
        output.Write(json);
    }

    public static void Write(string text, IBufferWriter<byte> output)
    {
        Span<byte> room = output.GetSpan(Encoding.UTF8.GetMaxByteCount(text.Length));
        output.Advance(Encoding.UTF8.GetBytes(text, room));
    }

    /// <summary><c>1 topic</c>, <c>7 topics</c>.</summary>
    public static string Count(long count, string what) => count == 1 ? $"1 {what}" : $"{count} {what}s";

    /// <summary>The beginning of what somebody typed, for an error line.</summary>
    public static string Quote(string typed) => typed.Length <= 40 ? $"'{typed}'" : $"'{typed[..40]}…'";
}
