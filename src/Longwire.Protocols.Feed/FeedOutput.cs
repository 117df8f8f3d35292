using System.Buffers;
using System.Text;
using Longwire.Protocols.Feed;

namespace Longwire;

/// <summary>What the server answers.</summary>
internal static class FeedOutput
{
    [ThreadStatic]
    private static ArrayBufferWriter<byte>? t_writer;

    /// <summary>The message that a writer writes; valid until the thread's next.</summary>
    internal static ReadOnlySpan<byte> Write(Action<IBufferWriter<byte>> write)
    {
        ArrayBufferWriter<byte> output = t_writer ??= new ArrayBufferWriter<byte>(256);
        output.ResetWrittenCount();
        write(output);
        return output.WrittenSpan;
    }

    /// <summary>Sends a small answer.</summary>
    internal static void Answer(this Connection connection, Action<IBufferWriter<byte>> write)
    {
        // There is room as a rule: reading pauses while answers fill half of the outbox. A peer that takes none of them
        // and has commands fill the rest is not waited for.
        if (connection.Send(Write(write)) == SendResult.Full)
            connection.Abort(CloseReason.SlowConsumer);
    }

    internal static void Done(this Connection connection, uint id, long sequence) =>
        connection.Answer(output => FeedDone.Write(output, id, sequence));

    internal static void Refuse(this Connection connection, uint id, FeedErrorCode code, string field, string text) =>
        connection.Answer(output => FeedError.Write(output, id, code, field, Clip(text)));

    /// <summary>Says why, and ends the connection in good order.</summary>
    internal static void End(
        this Connection<FeedSession> connection, FeedErrorCode code, string field, string text, CloseReason reason)
    {
        connection.Session.HasEnded = true;
        connection.Session.StopLoginTimer();
        connection.Refuse(0, code, field, text);
        _ = connection.CloseAsync(reason: reason); // it ends by its deadline
    }

    /// <summary>Sends a reply of any length, once there is room for it.</summary>
    internal static async ValueTask ReplyAsync(this Connection connection, uint id, ReadOnlyMemory<byte> payload)
    {
        var output = new ArrayBufferWriter<byte>(payload.Length + 5); // type and id
        FeedReply.Write(output, id, payload.Span);
        SendResult result = await connection.SendAsync(output.WrittenMemory).ConfigureAwait(false);
        if (result is SendResult.TooLarge or SendResult.OutOfMemory)
            connection.Refuse(id, FeedErrorCode.TooLarge, "payload", "the reply is over the server's limit");
    }

    /// <summary>As much of a text as a message takes.</summary>
    private static string Clip(string text) => Encoding.UTF8.GetByteCount(text) <= FeedProtocol.MaxTextBytes
        ? text
        : text[..(FeedProtocol.MaxTextBytes / 3)]; // a character is 3 bytes at most
}
