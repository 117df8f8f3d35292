namespace Longwire.Service.Sources;

/// <summary>What is remembered of a topic: its last value, to see a change, and when it was published.</summary>
/// <remarks>Owner and concurrency: its <see cref="SourcePublication"/>. Bound: one value.</remarks>
internal sealed class PublishedTopic
{
    private byte[] _json = [];
    private int _length;
    private int _comparedFrom = -1;

    /// <summary>The reading in which it was last written.</summary>
    public long Round { get; set; }

    /// <summary>When it was last published, on the clock that only goes forward.</summary>
    public TimeSpan? PublishedAt { get; set; }

    /// <summary>When it was last written, published or not.</summary>
    public TimeSpan WrittenAt { get; set; }

    /// <summary>Whether it was marked stale since it was last written.</summary>
    public bool IsStale { get; set; }

    /// <summary>The last value.</summary>
    public ReadOnlySpan<byte> Json => _json.AsSpan(0, _length);

    /// <summary>Remembers a value; false when it only differs in what is not compared.</summary>
    public bool Replace(ReadOnlySpan<byte> json, int comparedFrom)
    {
        bool changed = _comparedFrom < 0 || !json[comparedFrom..].SequenceEqual(Json[_comparedFrom..]);
        if (json.Length > _json.Length)
            _json = new byte[Math.Max(json.Length, 2 * _json.Length)];
        json.CopyTo(_json);
        (_length, _comparedFrom) = (json.Length, comparedFrom);
        return changed;
    }
}
