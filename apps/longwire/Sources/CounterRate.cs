namespace Longwire.Service.Sources;

/// <summary>Turns a counter that is read now and then into a rate per second.</summary>
/// <remarks>Owner: a source. Concurrency: the publisher's reader. Bound: one earlier value.</remarks>
internal struct CounterRate
{
    private ulong _value;
    private TimeSpan _at;
    private bool _known;

    /// <summary>
    /// The rate since the last call, or null: first value, no time passed, or a counter that went backwards.
    /// </summary>
    /// <remarks>Backwards means that the device was reset or replaced; what it did since is not known.</remarks>
    public long? Next(ulong value, TimeSpan at)
    {
        long? rate = null;
        if (_known && value >= _value && at > _at)
            rate = (long)Math.Round((value - _value) / (at - _at).TotalSeconds);
        (_value, _at, _known) = (value, at, true);
        return rate;
    }

    /// <summary>Says that the counter could not be read: the next value is a first one.</summary>
    public void Forget() => _known = false;
}
