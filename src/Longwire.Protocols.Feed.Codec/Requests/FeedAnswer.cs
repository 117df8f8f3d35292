using System.Text;
using Longwire.Protocols.Feed;

namespace Longwire;

/// <summary>What becomes of a command. A string or bytes are a reply.</summary>
public sealed class FeedAnswer
{
    private FeedAnswer(ReadOnlyMemory<byte> payload, FeedErrorCode code = FeedErrorCode.None, string why = "")
    {
        Payload = payload;
        Code = code;
        Why = why;
    }

    /// <summary>There is no such command.</summary>
    public static FeedAnswer Unknown { get; } = new(default, FeedErrorCode.UnknownCommand, "there is no such command");

    internal static FeedAnswer Late { get; } =
        new(default, FeedErrorCode.DeadlineExceeded, "the command was not done in time");

    internal ReadOnlyMemory<byte> Payload { get; }

    /// <summary><see cref="FeedErrorCode.None"/> for a reply.</summary>
    internal FeedErrorCode Code { get; }

    /// <summary>The field that the error is about.</summary>
    internal string Field => Code == FeedErrorCode.DeadlineExceeded ? "deadline" : "name";

    internal string Why { get; }

    /// <summary>A reply.</summary>
    public static FeedAnswer Reply(ReadOnlyMemory<byte> payload) => new(payload);

    /// <summary>The command failed.</summary>
    /// <param name="why">For the people at the other end; at most 1,024 bytes of it are sent.</param>
    public static FeedAnswer Failed(string why)
    {
        ArgumentNullException.ThrowIfNull(why);
        return new(default, FeedErrorCode.CommandFailed, why);
    }

    /// <summary>Who asked may not do that.</summary>
    /// <param name="why">For the people at the other end; at most 1,024 bytes of it are sent.</param>
    public static FeedAnswer Denied(string why)
    {
        ArgumentNullException.ThrowIfNull(why);
        return new(default, FeedErrorCode.Denied, why);
    }

    /// <summary>A reply of text, in UTF-8.</summary>
    public static FeedAnswer FromString(string text) => Reply(Encoding.UTF8.GetBytes(text));

    /// <summary>A reply of text, in UTF-8.</summary>
    public static implicit operator FeedAnswer(string text) => FromString(text);
}
