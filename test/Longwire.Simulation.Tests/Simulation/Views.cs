namespace Longwire.Simulation;

/// <summary>A message that was published: who must not get it, its number, its padding.</summary>
internal readonly record struct Publication(int Except, long Number, int Size)
{
    internal const int Nobody = -1;

    public override string ToString() => $"{Except}:{Number}:{Size}:";

    internal string ToPayload() => ToString() + new string('.', Size);

    /// <summary>Reads a payload back; null when a byte of it is not what was published.</summary>
    internal static Publication? Parse(ReadOnlySpan<char> payload)
    {
        Span<Range> parts = stackalloc Range[5];
        if (payload.Split(parts, ':') != 4
            || !int.TryParse(payload[parts[0]], out int except)
            || !long.TryParse(payload[parts[1]], out long number)
            || !int.TryParse(payload[parts[2]], out int size))
        {
            return null;
        }
        ReadOnlySpan<char> padding = payload[parts[3]];
        return padding.Length == size && !padding.ContainsAnyExcept('.')
            ? new Publication(except, number, size)
            : null;
    }
}

/// <summary>What one client knows of one topic.</summary>
internal sealed class TopicView
{
    internal long First;
    internal long Last;
    internal long Received;
    internal long Gaps;
    internal long HeadAtSubscribe;
    internal long HeadAtEnd;
    internal long Limit = long.MaxValue;
    internal int RepeatsAllowed;
    internal bool IsResumed;

    /// <summary>The client has a message from an earlier connection, and must get what comes after it.</summary>
    internal void ResumeAt(long sequence)
    {
        IsResumed = true;
        First = Last = HeadAtSubscribe = sequence;
        Received = 1;
    }
}

/// <summary>One filter that a client may subscribe to, and where it stands.</summary>
internal sealed class FilterView(TopicFilter filter)
{
    internal readonly TopicFilter Filter = filter;
    internal readonly string Name = filter.ToString();
    internal bool Wanted; // the client has sent a subscribe that no unsubscribe followed
    internal bool Active; // and it was answered
    internal bool Ending; // an unsubscribe was sent and not answered
    internal bool EverEnded;
    internal bool EndPosted; // an unsubscribe is in effect at the latest when everything is quiet
    internal int Accepted; // subscribes that the server took
    internal int Ends; // snapshot ends received
    internal bool EverAsked;
}
