using System.Buffers;
using System.Text.Json;
using Longwire.Service.Console;
using Microsoft.Extensions.Logging;

namespace Longwire.Service.Feed;

/// <summary>The commands of the service's Feed endpoint; arguments and replies are JSON.</summary>
/// <remarks>
/// Owner: the endpoint. Concurrency: connections ask side by side; it keeps nothing. Bound: a reply lists at most
/// <see cref="MaxPage"/> connections; who wants more asks for those after the last.
/// </remarks>
internal sealed partial class ServiceCommands(Lazy<TcpServer> server, ILogger logger)
{
    /// <summary>Most connections in one reply, about 300 bytes each.</summary>
    public const int MaxPage = 1000;

    private static readonly byte[] s_empty = "{}"u8.ToArray();

    public async ValueTask<FeedAnswer> AnswerAsync(Connection<FeedSession> connection, FeedRequest command)
    {
        if (!ServiceFeed.IsLocal(connection.Remote))
            return FeedAnswer.Denied("commands are for clients on the server's own machine");
        if (!TryParse(command, out JsonElement argument, out string? problem))
            return FeedAnswer.Failed(problem!);
        return command.Name switch
        {
            "who" => await WhoAsync(argument, connection.Id),
            "stats" => Stats(),
            "kick" => Kick(argument),
            _ => FeedAnswer.Unknown,
        };
    }

    /// <summary>
    /// <c>{"after": 0}</c>: connections by id, those above it; all is there when fewer than a page come.
    /// </summary>
    private async Task<FeedAnswer> WhoAsync(JsonElement argument, long own)
    {
        long after = TryGetNumber(argument, "after", out long id) ? id : 0;
        IEnumerable<ConnectionSnapshot> page = (await server.Value.GetConnectionsAsync())
            .Where(one => one.Id > after).OrderBy(static one => one.Id).Take(MaxPage);
        return Json(json =>
        {
            json.WriteStartArray();
            foreach (ConnectionSnapshot one in page)
                Write(json, one, own);
            json.WriteEndArray();
        });
    }

    private static void Write(Utf8JsonWriter json, ConnectionSnapshot one, long own)
    {
        json.WriteStartObject();
        json.WriteNumber("id", one.Id);
        json.WriteString("address", one.Remote.ToString());
        json.WriteString("endpoint", one.Endpoint);
        if (one.User is not null)
            json.WriteString("user", one.User);
        if (one.Id == own)
            json.WriteBoolean("you", true);
        json.WriteNumber("age_s", (long)one.Age.TotalSeconds);
        json.WriteNumber("idle_s", (long)one.Idle.TotalSeconds);
        json.WriteNumber("subscriptions", one.Subscriptions);
        json.WriteNumber("queue_bytes", one.OutboxBytes);
        json.WriteNumber("queue_age_s", Math.Round(one.OutboxAge.TotalSeconds, 1));
        json.WriteNumber("in_bytes", one.BytesReceived);
        json.WriteNumber("out_bytes", one.BytesSent);
        json.WriteNumber("conflated", one.Conflated);
        json.WriteNumber("dropped", one.Dropped);
        if (one.Tcp is { } tcp)
        {
            json.WriteNumber("rtt_ms", Math.Round(tcp.RoundTrip.TotalMilliseconds, 2));
            json.WriteNumber("unacked_bytes", tcp.UnacknowledgedBytes);
        }
        json.WriteEndObject();
    }

    private FeedAnswer Stats()
    {
        (string Name, long Value, string Meaning)[] counts = ServerCounts.Of(server.Value.Snapshot());
        return Json(json =>
        {
            json.WriteStartObject();
            foreach ((string name, long value, _) in counts)
                json.WriteNumber(name, value);
            json.WriteEndObject();
        });
    }

    /// <summary><c>{"id": 7, "reason": "…"}</c>: closes the connection in good order.</summary>
    private FeedAnswer Kick(JsonElement argument)
    {
        if (!TryGetNumber(argument, "id", out long id))
            return FeedAnswer.Failed("kick needs the id of a connection, as in {\"id\": 7}; who lists them");
        if (server.Value.Find(id) is not { } connection)
            return FeedAnswer.Failed($"there is no connection {id}; who lists those that there are");
        string? reason = argument.TryGetProperty("reason", out JsonElement why) ? why.ToString() : null;
        Kicked(logger, id, connection.Remote.ToString(), reason ?? "no reason was given");
        _ = connection.CloseAsync(); // it ends by its deadline
        return Json(json =>
        {
            json.WriteStartObject();
            json.WriteNumber("id", id);
            json.WriteString("address", connection.Remote.ToString());
            json.WriteEndObject();
        });
    }

    private static bool TryGetNumber(JsonElement argument, string name, out long number)
    {
        number = 0;
        return argument.TryGetProperty(name, out JsonElement given) && given.ValueKind == JsonValueKind.Number
            && given.TryGetInt64(out number);
    }

    private static bool TryParse(FeedRequest command, out JsonElement argument, out string? problem)
    {
        try
        {
            using JsonDocument parsed = JsonDocument.Parse(command.Payload.IsEmpty ? s_empty : command.Payload);
            argument = parsed.RootElement.Clone();
            problem = argument.ValueKind == JsonValueKind.Object ? null : "the argument is no JSON object";
        }
        catch (JsonException exception)
        {
            argument = default;
            problem = $"the argument is no JSON: {exception.Message}";
        }
        return problem is null;
    }

    private static FeedAnswer Json(Action<Utf8JsonWriter> write)
    {
        var output = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(output))
            write(json);
        return FeedAnswer.Reply(output.WrittenMemory);
    }

    [LoggerMessage(3101, LogLevel.Information, "Connection {Id} from {Remote} is kicked: {Reason}")]
    private static partial void Kicked(ILogger logger, long id, string remote, string reason);
}
