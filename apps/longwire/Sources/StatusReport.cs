using System.Buffers;
using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Longwire.Service.Sources;

/// <summary>
/// What one reading of one source writes: topics, each with a JSON object that begins with <c>time</c>.
/// </summary>
/// <remarks>
/// Owner: a <see cref="SourceRunner"/>, which reuses it. Concurrency: the reading that it was given to.
/// Bound: <see cref="MaxTopics"/> topics a reading; those beyond it are skipped and counted in <see cref="Skipped"/>.
/// </remarks>
[SuppressMessage("Reliability", "CA1001", Justification = "The writer writes to memory and holds nothing to dispose.")]
internal sealed class StatusReport
{
    /// <summary>Topics one source may write: enough for a host with hundreds of virtual network interfaces.</summary>
    public const int MaxTopics = 1024;

    private readonly TimeProvider _time;
    private readonly ArrayBufferWriter<byte> _json = new(4096);
    private readonly Utf8JsonWriter _writer;
    private readonly List<Entry> _entries = [];
    private readonly List<string> _absent = [];
    private string? _topic;
    private bool _skipping;
    private bool _isEvent;
    private int _start;
    private int _comparedFrom;

    public StatusReport(TimeProvider time)
    {
        _time = time;
        // Paths and error texts stay readable (quotes, plus signs, UTF-8); control characters are still escaped, so a
        // mount name cannot drive somebody's terminal. The output is never put into HTML as it is.
        _writer = new Utf8JsonWriter(_json, new() { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
    }

    /// <summary>When the reading was taken, UTC: the field <c>time</c>.</summary>
    public DateTimeOffset Time { get; private set; }

    /// <summary>The same moment on a clock that only goes forward: for rates.</summary>
    public TimeSpan Elapsed { get; private set; }

    /// <summary>Topics that were not written because there are <see cref="MaxTopics"/> already.</summary>
    public int Skipped { get; private set; }

    /// <summary>Completed topics.</summary>
    public IReadOnlyList<Entry> Entries => _entries;

    /// <summary>Forgets everything, half-written topics too, and takes the time.</summary>
    public void Restart()
    {
        Time = _time.GetUtcNow();
        Elapsed = _time.GetElapsedTime(0);
        Skipped = 0;
        _entries.Clear();
        _json.ResetWrittenCount();
        _topic = null;
    }

    /// <summary>Begins the object of a topic; every value up to <see cref="End"/> is its field.</summary>
    public void Begin(string topic) => Begin(topic, isEvent: false);

    /// <summary>
    /// Begins an object that is published whatever came before it: a line of a log. A reading may have several on one
    /// topic; they are not repeated, and not marked stale.
    /// </summary>
    public void BeginEvent(string topic) => Begin(topic, isEvent: true);

    private void Begin(string topic, bool isEvent)
    {
        if (_topic is not null)
            throw new InvalidOperationException($"Topic {_topic} is not ended.");
        if (!TopicLevel.IsPublishable(topic))
            throw new ArgumentException($"Not a topic to publish on: {topic}", nameof(topic));
        _topic = topic;
        _skipping = _entries.Count == MaxTopics;
        _absent.Clear();
        _start = _json.WrittenCount;
        _writer.Reset(_json);
        _writer.WriteStartObject();
        Span<byte> time = stackalloc byte[32];
        bool fits = Time.UtcDateTime.TryFormat(
            time, out int written, "yyyy-MM-dd'T'HH:mm:ss.fff'Z'", CultureInfo.InvariantCulture);
        Debug.Assert(fits, "24 bytes fit into 32.");
        _writer.WriteString("time"u8, time[..written]);
        CompareFromHere();
        _isEvent = isEvent;
    }

    /// <summary>
    /// Says that the fields so far only follow the clock, so that a change in them alone is not published.
    /// </summary>
    public void CompareFromHere() => _comparedFrom = _start + (int)(_writer.BytesCommitted + _writer.BytesPending);

    /// <summary>A whole number, or the name of the field in <c>absent</c>.</summary>
    public void Write(string field, long? value)
    {
        if (value is { } known)
            _writer.WriteNumber(field, known);
        else
            _absent.Add(field);
    }

    /// <summary>
    /// A number with the given decimals, or the name of the field in <c>absent</c>. Infinity and NaN are absent.
    /// </summary>
    public void Write(string field, double? value, int decimals)
    {
        if (value is { } known && double.IsFinite(known))
            _writer.WriteNumber(field, Math.Round(known, decimals));
        else
            _absent.Add(field);
    }

    /// <summary>A percentage with one decimal, 0 to 100, or the name of the field in <c>absent</c>.</summary>
    public void WritePercent(string field, double? value) =>
        Write(field, value is { } known ? Math.Clamp(known, 0, 100) : null, decimals: 1);

    /// <summary>A number as exact as it is.</summary>
    public void WriteExact(string field, decimal value) => _writer.WriteNumber(field, value);

    /// <summary>A total since some beginning.</summary>
    public void WriteTotal(string field, ulong value) => _writer.WriteNumber(field, value);

    /// <summary>Names a field in <c>absent</c>: not known here, or not yet.</summary>
    public void WriteAbsent(string field) => _absent.Add(field);

    /// <summary>True or false.</summary>
    public void WriteFlag(string field, bool value) => _writer.WriteBoolean(field, value);

    /// <summary>A value of any kind, from a document.</summary>
    public void WriteJson(string field, JsonElement value)
    {
        _writer.WritePropertyName(field);
        value.WriteTo(_writer);
    }

    /// <summary>A text.</summary>
    public void WriteText(string field, string value) => _writer.WriteString(field, value);

    /// <summary>Forgets the topic that was begun.</summary>
    public void Abandon()
    {
        _writer.Flush();
        _topic = null;
    }

    /// <summary>Ends the object and, when anything was missing, names it in <c>absent</c>.</summary>
    public void End()
    {
        string topic = _topic ?? throw new InvalidOperationException("No topic was begun.");
        if (_absent.Count > 0)
        {
            _writer.WriteStartArray("absent"u8);
            foreach (string field in _absent)
                _writer.WriteStringValue(field);
            _writer.WriteEndArray();
        }
        _writer.WriteEndObject();
        _writer.Flush();
        _topic = null;
        if (_skipping)
            Skipped++;
        else
            _entries.Add(new Entry(topic, _start, _isEvent ? -1 : _comparedFrom, _json.WrittenCount));
    }

    /// <summary>
    /// The JSON object of a topic; valid until <see cref="Restart"/>, and until the next topic is begun.
    /// </summary>
    public ReadOnlyMemory<byte> Json(Entry entry) => _json.WrittenMemory[entry.Start..entry.End];

    /// <summary>
    /// Where a completed topic lies in the buffer, and from where on a difference is a change: −1 for an event.
    /// </summary>
    internal readonly record struct Entry(string Topic, int Start, int ComparedFrom, int End);
}
