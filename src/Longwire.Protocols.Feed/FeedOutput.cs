using System.Buffers;
using Longwire.Protocols.Feed;

namespace Longwire;

/// <summary>What the server answers.</summary>
internal static class FeedOutput
{
    /// <summary>Sends a small answer.</summary>
    internal static void Answer(this Connection connection, Action<IBufferWriter<byte>> write)
    {
        // There is room as a rule: reading pauses while answers fill half of the outbox. A peer that takes none of them
        // and has commands fill the rest is not waited for.
        if (connection.Send(FeedScratch.Write(write)) == SendResult.Full)
            connection.Abort(CloseReason.SlowConsumer);
    }

    internal static void Done(this Connection connection, uint id, long sequence) =>
        connection.Answer(output => FeedDone.Write(output, id, sequence));

    internal static void Refuse(this Connection connection, uint id, FeedErrorCode code, string field, string text) =>
        connection.Answer(output => FeedError.Write(output, id, code, field, FeedProtocol.Clip(text)));

    /// <summary>Says why, and ends the connection in good order.</summary>
    internal static void End(
        this Connection<FeedSession> connection, FeedErrorCode code, string field, string text, CloseReason reason)
    {
        connection.Session.HasEnded = true;
        connection.Session.TryEndLogin();
        connection.Refuse(0, code, field, text);
        _ = connection.CloseAsync(reason: reason); // it ends by its deadline
    }

    /// <summary>Answers a command: a reply of any length once there is room for it, an error at once.</summary>
    internal static async ValueTask AnswerAsync(this Connection connection, uint id, FeedAnswer answer)
    {
        if (answer.Code != FeedErrorCode.None)
        {
            connection.Refuse(id, answer.Code, answer.Field, answer.Why);
            return;
        }
        var output = new ArrayBufferWriter<byte>(answer.Payload.Length + 5); // type and id
        FeedReply.Write(output, id, answer.Payload.Span);
        SendResult result = await connection.SendAsync(output.WrittenMemory).ConfigureAwait(false);
        if (result is SendResult.TooLarge or SendResult.OutOfMemory)
            connection.Refuse(id, FeedErrorCode.TooLarge, "payload", "the reply is over the server's limit");
    }
}
