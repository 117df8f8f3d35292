using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Longwire.Service.Cli;

/// <summary>Updates as lines: for people like the console's, for scripts as JSON.</summary>
internal static class UpdateText
{
    private static readonly JsonWriterOptions s_plain = new()
    {
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // for a terminal or a file, never inside of HTML
    };

    /// <summary><c>host/cpu {"total":3.5}</c>; what is no value is a comment.</summary>
    public static string Line(FeedUpdate update) => update.Kind switch
    {
        FeedUpdateKind.Value => $"{update.Topic} {OneLine(update.Payload.Span)}",
        FeedUpdateKind.Complete => $"# {update.Topic}: that was what is there; changes follow",
        FeedUpdateKind.Gap => $"# {update.Topic}: {update.Count} messages were lost",
        FeedUpdateKind.Stale => $"# {update.Topic}: its source has stopped; the value is old",
        FeedUpdateKind.Restarted => "# the server was started anew",
        _ => $"# {update.Count} updates were dropped here: the output is slower than they come",
    };

    /// <summary>
    /// <c>{"topic":"host/cpu","sequence":7,"value":{"total":3.5}}</c>; a payload that is no JSON is a string. What is
    /// no value has an <c>event</c> instead.
    /// </summary>
    public static string Json(FeedUpdate update)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output, s_plain))
        {
            json.WriteStartObject();
            if (update.Kind != FeedUpdateKind.Value)
                json.WriteString("event", Name(update.Kind));
            if (update.Topic.Length > 0)
                json.WriteString(update.Kind == FeedUpdateKind.Complete ? "filter" : "topic", update.Topic);
            if (update.Sequence > 0)
                json.WriteNumber("sequence", update.Sequence);
            if (update.Count > 0)
                json.WriteNumber("count", update.Count);
            if (update.Kind == FeedUpdateKind.Restarted)
                json.WriteNumber("epoch", update.Epoch);
            if (update.Kind == FeedUpdateKind.Value)
                WriteValue(json, update.Payload);
            json.WriteEndObject();
        }
        return Encoding.UTF8.GetString(output.WrittenSpan);
    }

    /// <summary>A payload without line breaks and other control characters, which a terminal would obey.</summary>
    public static string OneLine(ReadOnlySpan<byte> payload)
    {
        string text = Encoding.UTF8.GetString(payload);
        return text.Any(char.IsControl)
            ? string.Concat(text.Select(static c => char.IsControl(c) ? $"\\u{(int)c:x4}" : c.ToString()))
            : text;
    }

    /// <summary>A payload for a table: of an object its fields, without the time; of anything else the text.</summary>
    public static string Cell(ReadOnlyMemory<byte> payload)
    {
        try
        {
            using JsonDocument parsed = JsonDocument.Parse(payload);
            return parsed.RootElement.ValueKind != JsonValueKind.Object
                ? OneLine(payload.Span)
                : string.Join("  ", parsed.RootElement.EnumerateObject()
                    .Where(static field => field.Name != "time")
                    .Select(static field => $"{field.Name} {OneLine(Encoding.UTF8.GetBytes(field.Value.ToString()))}"));
        }
        catch (JsonException)
        {
            return OneLine(payload.Span); // text, then
        }
    }

    private static string Name(FeedUpdateKind kind) => kind switch
    {
        FeedUpdateKind.Complete => "complete",
        FeedUpdateKind.Gap => "gap",
        FeedUpdateKind.Stale => "stale",
        FeedUpdateKind.Restarted => "restarted",
        _ => "dropped",
    };

    private static void WriteValue(Utf8JsonWriter json, ReadOnlyMemory<byte> payload)
    {
        json.WritePropertyName("value");
        try
        {
            using JsonDocument parsed = JsonDocument.Parse(payload);
            parsed.RootElement.WriteTo(json);
        }
        catch (JsonException)
        {
            json.WriteStringValue(Encoding.UTF8.GetString(payload.Span));
        }
    }
}
