using System.Buffers;
using System.Text;

namespace Longwire.Service.Console;

/// <summary>What each line does.</summary>
/// <remarks>
/// Owner: the console's endpoint. Concurrency: connections call it side by side, each one line at a time; it keeps
/// nothing. Bound: replies wait for room in the outbox, so a listing of any length holds one line at a time.
/// </remarks>
internal sealed class ConsoleCommands(Lazy<TcpServer> server)
{
    private const string DemoPublish = "publish demo/lamp {\"on\":true}";

    private static readonly string[] s_help =
    [
        "# help                    this text",
        "# topics [filter]         the names of the topics",
        "# get <filter>            the latest values, once",
        "# watch <filter>          the latest values, and each new one as it comes",
        "# unwatch [filter]        ends one watch, or all",
        "# publish <topic> <json>  sends a value to everyone who watches the topic, and keeps it",
        "# who                     the connections",
        "# stats                   the server's counts",
        "# quit                    ends this connection",
        "# A filter is a topic such as host/cpu, or a pattern: '+' is any one level, '#' at the end everything below.",
        "# Lines with '#' in front are comments, with 'error:' errors; every other line is a topic and its JSON.",
    ];

    private static readonly TopicFilter s_everything = TopicFilter.Parse("#");

    private TcpServer Server => server.Value;

    public async ValueTask HandleAsync(Connection<ConsoleSession> connection, Message message)
    {
        if (!connection.IsOpen)
            return; // what was read ahead of the end is not obeyed any more
        ConsoleLine line = ConsoleLine.Parse(message.Span);
        switch (line.Kind)
        {
            case LineKind.Empty:
                break;
            case LineKind.Command:
                await RunAsync(connection, line);
                break;
            case LineKind.ControlCharacter:
                await Reply(connection, "error: the line holds a control character, as of an arrow key; type it again");
                break;
            case LineKind.Http:
                await Refuse(connection, "error: this is a line console and does not speak HTTP; goodbye");
                break;
            default:
                await Refuse(connection, "error: this is a console for lines of UTF-8 text; goodbye");
                break;
        }
    }

    private ValueTask RunAsync(Connection<ConsoleSession> connection, ConsoleLine line)
    {
        string verb = line.Verb.ToLowerInvariant();
        // "publish" takes its arguments apart itself: JSON may hold blanks.
        string extra = verb == "publish" ? "" : ConsoleLine.TakeWord(line.Rest).After;
        string first = ConsoleLine.TakeWord(line.Rest).Word;
        bool takesFilter = verb is "topics" or "get" or "watch" or "unwatch";
        bool takesNothing = verb is "help" or "who" or "stats" or "quit";
        if (takesNothing && first.Length > 0)
            return Error(connection, $"{verb} stands alone; {ConsoleText.Quote(line.Rest)} is too much");
        if (takesFilter && extra.Length > 0)
            return Error(connection, $"{verb} takes one filter; {ConsoleText.Quote(extra)} is too much");
        if (verb is "get" or "watch" && first.Length == 0)
            return Error(connection, $"{verb} needs a filter, as in: {verb} host/cpu");
        TopicFilter? filter = s_everything;
        if (takesFilter && first.Length > 0 && !TopicFilter.TryParse(first, out filter, out string? why))
            return Error(connection, why);
        return verb switch
        {
            "help" => HelpAsync(connection),
            "topics" => TopicsAsync(connection, filter),
            "get" => GetAsync(connection, filter),
            "watch" => WatchAsync(connection, filter),
            "unwatch" => UnwatchAsync(connection, first.Length > 0 ? filter : null),
            "publish" => PublishAsync(connection, line.Rest),
            "who" => WhoAsync(connection),
            "stats" => StatsAsync(connection),
            "quit" => QuitAsync(connection),
            _ => Error(connection, $"unknown command {ConsoleText.Quote(line.Verb)}; type help"),
        };
    }

    private static async ValueTask HelpAsync(Connection connection)
    {
        foreach (string line in s_help)
            await Reply(connection, line);
    }

    private async ValueTask TopicsAsync(Connection connection, TopicFilter filter)
    {
        List<Topic> topics = Find(filter);
        foreach (Topic topic in topics)
        {
            if (!await Reply(connection, topic.Name))
                return;
        }
        await Reply(connection, $"# {ConsoleText.Count(topics.Count, "topic")}");
    }

    private async ValueTask GetAsync(Connection connection, TopicFilter filter)
    {
        var line = new ArrayBufferWriter<byte>(512);
        int count = 0;
        foreach (Topic topic in Find(filter))
        {
            line.ResetWrittenCount();
            if (!topic.TryReadRetained(line, static (into, from, _, json) => ConsoleText.WriteValue(from, json, into)))
                continue;
            if (!await Reply(connection, line.WrittenMemory))
                return;
            count++;
        }
        await Reply(connection, count == 0
            ? $"# no value of {filter}; 'topics' lists what there is"
            : $"# {ConsoleText.Count(count, "value")}");
    }

    private async ValueTask WatchAsync(Connection<ConsoleSession> connection, TopicFilter filter)
    {
        HashSet<TopicFilter> watched = connection.Session.Watched;
        if (watched.Contains(filter))
        {
            await Error(connection, $"{filter} is watched already");
            return;
        }
        int most = EndpointOptions.Default.MaxSubscriptions;
        if (watched.Count >= most)
        {
            await Error(connection, $"a connection watches at most {most} filters; unwatch one first");
            return;
        }
        watched.Add(filter);
        int count = Server.Hub.FindTopics(filter).Count;
        // Before the subscription, so that it stands before the first value.
        await Reply(connection, count == 0
            ? $"# watching {filter}; no topic matches yet, 'topics' lists what there is"
            : $"# watching {filter}; {ConsoleText.Count(count, "topic")} now");
        connection.Subscribe(filter);
    }

    private static async ValueTask UnwatchAsync(Connection<ConsoleSession> connection, TopicFilter? filter)
    {
        HashSet<TopicFilter> watched = connection.Session.Watched;
        if (filter is not null && !watched.Contains(filter))
        {
            await Error(connection, $"{filter} is not watched");
            return;
        }
        TopicFilter[] ended = filter is null ? [.. watched] : [filter];
        foreach (TopicFilter each in ended)
        {
            connection.Unsubscribe(each);
            watched.Remove(each);
        }
        await Reply(connection, filter is null
            ? $"# unwatched {ConsoleText.Count(ended.Length, "filter")}"
            : $"# unwatched {filter}");
    }

    private ValueTask PublishAsync(Connection connection, string rest)
    {
        (string topic, string text) = ConsoleLine.TakeWord(rest);
        if (text.Length == 0)
            return Error(connection, $"publish needs a topic and JSON, as in: {DemoPublish}");
        if (TopicName.Check(topic) is { } wrong)
            return Error(connection, wrong);
        if (!JsonLine.TryCompact(text, out byte[]? json, out string? why))
            return Error(connection, why);
        PublishResult result = Server.Hub.Publish(topic, json);
        return result.Status switch
        {
            // A topic that this very message made: its watchers, of patterns, join it a moment later and do get the
            // message, but nobody can count them yet.
            PublishStatus.Published when result.Sequence == 1 => Done(connection, $"# published {topic}, a new topic"),
            PublishStatus.Published => Done(connection,
                $"# published {topic} to {ConsoleText.Count(result.Matched, "watcher")}"),
            PublishStatus.TooManyTopics => Error(connection,
                $"the server holds {Server.Hub.Options.MaxTopics} topics, as many as it may; use one that exists"),
            PublishStatus.OutOfMemory => Error(connection, "the server is out of memory for messages; try again later"),
            _ => Error(connection, $"the server refused the value: {result.Status}"),
        };
    }

    private async ValueTask WhoAsync(Connection connection)
    {
        foreach (string line in WhoTable.Lines(await Server.GetConnectionsAsync(), connection.Id))
        {
            if (!await Reply(connection, line))
                return;
        }
    }

    private async ValueTask StatsAsync(Connection connection)
    {
        foreach (string line in StatsTable.Lines(Server.Snapshot()))
            await Reply(connection, line);
    }

    private static async ValueTask QuitAsync(Connection connection)
    {
        await Reply(connection, "# goodbye");
        await connection.CloseAsync();
    }

    private static async ValueTask Refuse(Connection connection, string why)
    {
        await Reply(connection, why);
        await connection.CloseAsync(reason: CloseReason.MalformedFrame);
    }

    private List<Topic> Find(TopicFilter filter) =>
        [.. Server.Hub.FindTopics(filter).OrderBy(static topic => topic.Name, StringComparer.Ordinal)];

    private static ValueTask Error(Connection connection, string why) => Done(connection, $"error: {why}");

    private static async ValueTask Done(Connection connection, string line) => await Reply(connection, line);

    private static ValueTask<bool> Reply(Connection connection, string line) =>
        Reply(connection, Encoding.UTF8.GetBytes(line));

    /// <summary>Sends one line when there is room; false when nobody is there any more.</summary>
    private static async ValueTask<bool> Reply(Connection connection, ReadOnlyMemory<byte> line)
    {
        SendResult result = await connection.SendAsync(line);
        if (result is SendResult.OutOfMemory)
            connection.Abort(CloseReason.MemoryPressure); // a listing with holes would be a lie
        return result == SendResult.Queued;
    }
}
