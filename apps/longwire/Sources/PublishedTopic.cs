namespace Longwire.Service.Sources;

/// <summary>
/// What the publisher remembers of a topic: the value it compares the next one with, and when it was published.
/// </summary>
/// <remarks>Owner and concurrency: the <see cref="StatusPublisher"/>. Bound: one value.</remarks>
internal sealed class PublishedTopic(object owner)
{
    private byte[] _value = [];
    private int _length = -1;

    /// <summary>The source that the topic belongs to.</summary>
    public object Owner { get; } = owner;

    /// <summary>The round in which it was last written.</summary>
    public long Round { get; set; }

    /// <summary>When it was last published, on the clock that only goes forward.</summary>
    public TimeSpan? PublishedAt { get; set; }

    /// <summary>Remembers a value; false when it is the one already known.</summary>
    public bool Replace(ReadOnlySpan<byte> value)
    {
        if (_length >= 0 && value.SequenceEqual(_value.AsSpan(0, _length)))
            return false;
        if (value.Length > _value.Length)
            _value = new byte[Math.Max(value.Length, 2 * _value.Length)];
        value.CopyTo(_value);
        _length = value.Length;
        return true;
    }
}
