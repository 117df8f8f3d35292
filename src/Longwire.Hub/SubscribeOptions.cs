namespace Longwire;

/// <summary>How a subscription begins; the default is the ordinary snapshot.</summary>
public sealed record SubscribeOptions
{
    /// <summary>Most topics that one subscribe may name a position of.</summary>
    public const int MaxPositions = 1024;

    private readonly TopicPosition[] _positions = [];

    /// <summary>The life of the hub that <see cref="Positions"/> are of (<see cref="Hub.Epoch"/>).</summary>
    public long Epoch { get; init; }

    /// <summary>
    /// The last message that the subscriber has of each topic that it knows, of which it gets what came after that.
    /// Topics that are not named, or not of this filter, or at a number that the hub has not reached, begin with the
    /// ordinary snapshot, and so do all of them when the epoch is another. Default: none. Of two positions of a topic
    /// the last counts.
    /// </summary>
    /// <exception cref="ArgumentException">More than <see cref="MaxPositions"/>, or one without a topic.</exception>
    public IReadOnlyList<TopicPosition> Positions
    {
        get => _positions;
        init
        {
            ArgumentNullException.ThrowIfNull(value);
            if (value.Count > MaxPositions)
                throw new ArgumentException($"A subscribe names at most {MaxPositions} positions.", nameof(value));
            if (value.Any(static position => position.Topic is null))
                throw new ArgumentException("A position is in a topic.", nameof(value));
            _positions = [.. value];
        }
    }
}

/// <summary>A place in a topic: the number of the last message that somebody has; 0 before the first.</summary>
/// <param name="Topic">The topic's name.</param>
/// <param name="Sequence">The number, as <see cref="Longwire.Topic.Sequence"/> counts.</param>
public readonly record struct TopicPosition(string Topic, long Sequence);
