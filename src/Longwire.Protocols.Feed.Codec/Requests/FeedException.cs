using Longwire.Protocols.Feed;

namespace Longwire;

/// <summary>The other side refused a request; the message is its text.</summary>
public sealed class FeedException : Exception
{
    /// <summary>Creates the exception.</summary>
    /// <param name="code">The error's code in the protocol.</param>
    /// <param name="field">The request's field that is wrong, as the specification names it; may be empty.</param>
    /// <param name="text">What is wrong, for people.</param>
    public FeedException(FeedErrorCode code, string field, string text)
        : base(text)
    {
        Code = code;
        Field = field;
    }

    /// <summary>The error's code in the protocol.</summary>
    public FeedErrorCode Code { get; }

    /// <summary>The request's field that is wrong, as the specification names it; may be empty.</summary>
    public string Field { get; }
}
