using System.Buffers;
using System.Text;

namespace Longwire.Service.Console;

/// <summary>One visitor of the console: understands lines and answers them.</summary>
/// <remarks>
/// Owner: its connection. Concurrency: its handler, one line at a time. Bound: long answers go out by <see
/// cref="Connection.SendAsync"/>, which waits for the reader.
/// </remarks>
internal sealed class ConsoleSession
{
    private static readonly SearchValues<byte> s_rubbish = SearchValues.Create(
        [.. Enumerable.Range(0, 32).Where(static c => c != '\t').Select(static c => (byte)c), 127]);

    private static readonly string[] s_ownTopics = ["host/", "longwire/"];

    private readonly Connection _connection;
    private readonly TcpServer _server;
    private readonly HashSet<TopicFilter> _watched = [];

    internal ConsoleSession(Connection connection, TcpServer server)
    {
        _connection = connection;
        _server = server;
        connection.Send($"# longwire {ConsoleEndpoint.Version}; type help");
    }

    internal async ValueTask HandleAsync(ReadOnlyMemory<byte> line)
    {
        if (line.Span.IndexOfAny(s_rubbish) >= 0 || !System.Text.Unicode.Utf8.IsValid(line.Span))
        {
            _connection.Send("error: this is no text; the console speaks lines of UTF-8. Good bye");
            _ = _connection.CloseAsync(reason: CloseReason.MalformedFrame);
            return;
        }
        string text = Encoding.UTF8.GetString(line.Span).Trim();
        int space = text.IndexOfAny([' ', '\t']);
        string command = (space < 0 ? text : text[..space]).ToLowerInvariant();
        string rest = space < 0 ? "" : text[(space + 1)..].Trim();
        switch (command)
        {
            case "": break;
            case "help": await SayAsync(ConsoleText.Help); break;
            case "topics": await TopicsAsync(rest.Length == 0 ? "#" : rest); break;
            case "get": await GetAsync(rest); break;
            case "watch": Watch(rest); break;
            case "unwatch": Unwatch(rest); break;
            case "publish": Publish(rest); break;
            case "who": await SayAsync(ConsoleText.Who(await _server.GetConnectionsAsync())); break;
            case "stats": await SayAsync(ConsoleText.Stats(_server.Snapshot())); break;
            case "quit" or "exit": _ = _connection.CloseAsync(); break;
            default: _connection.Send($"error: unknown command '{Shorten(command)}'; type help"); break;
        }
    }

    private async ValueTask TopicsAsync(string filter)
    {
        if (!TryFilter(filter, "topics [filter]", out TopicFilter? parsed))
            return;
        foreach (Topic topic in _server.Hub.FindTopics(parsed!))
        {
            if (await SayAsync(topic.Name) != SendResult.Queued)
                return;
        }
    }

    private async ValueTask GetAsync(string filter)
    {
        if (!TryFilter(filter, "get <filter>", out TopicFilter? parsed))
            return;
        bool any = false;
        foreach (Topic topic in _server.Hub.FindTopics(parsed!))
        {
            var value = new ArrayBufferWriter<byte>(256);
            if (!topic.TryReadRetained(value, ConsoleEndpoint.WriteValue))
                continue;
            any = true;
            if (await _connection.SendAsync(value.WrittenMemory) != SendResult.Queued)
                return;
        }
        if (!any)
            _connection.Send($"# no topic matches {filter}; type topics for those that there are");
    }

    private void Watch(string filter)
    {
        if (!TryFilter(filter, "watch <filter>", out TopicFilter? parsed))
            return;
        if (_watched.Count >= EndpointOptions.Default.MaxSubscriptions)
            _connection.Send($"error: at most {EndpointOptions.Default.MaxSubscriptions} filters; unwatch one first");
        else if (!_watched.Add(parsed!))
            _connection.Send($"# watching {filter} already");
        else
            _connection.Subscribe(parsed!);
    }

    private void Unwatch(string filter)
    {
        if (filter.Length == 0)
        {
            foreach (TopicFilter watched in _watched)
                _connection.Unsubscribe(watched);
            _connection.Send($"# stopped watching {_watched.Count} filters");
            _watched.Clear();
            return;
        }
        if (!TryFilter(filter, "unwatch [filter]", out TopicFilter? parsed))
            return;
        if (!_watched.Remove(parsed!))
        {
            _connection.Send($"error: {filter} is not watched");
            return;
        }
        _connection.Unsubscribe(parsed!);
        _connection.Send($"# stopped watching {filter}");
    }

    private void Publish(string rest)
    {
        int space = rest.IndexOf(' ');
        string topic = space < 0 ? rest : rest[..space];
        if (space < 0)
        {
            _connection.Send("error: write publish <topic> <json>, as in: publish door/front {\"open\":true}");
            return;
        }
        if (Array.Exists(s_ownTopics, own => topic.StartsWith(own, StringComparison.Ordinal)))
        {
            _connection.Send("error: host/ and longwire/ are the server's own topics; choose another name");
            return;
        }
        if (TopicName.Check(topic) is { } wrong)
        {
            _connection.Send($"error: {wrong}");
            return;
        }
        if (!ConsoleText.TryCompact(rest[(space + 1)..], out byte[] json, out string? error))
        {
            _connection.Send($"error: {error}");
            return;
        }
        PublishResult result = _server.Hub.Publish(topic, json);
        _connection.Send(result.Status == PublishStatus.Published
            ? $"# published {topic}, sequence {result.Sequence}, to {result.Matched} subscribers"
            : $"error: not published: {result.Status}");
    }

    private bool TryFilter(string text, string usage, out TopicFilter? filter)
    {
        filter = null;
        if (text.Length == 0)
            _connection.Send($"error: write {usage}, as in: {usage.Split(' ')[0]} host/#");
        else if (!TopicFilter.TryParse(text, out filter, out string? error))
            _connection.Send($"error: {error}");
        return filter is not null;
    }

    private ValueTask<SendResult> SayAsync(string text) => _connection.SendAsync(Encoding.UTF8.GetBytes(text));

    private async ValueTask SayAsync(IEnumerable<string> lines)
    {
        foreach (string line in lines)
        {
            if (await SayAsync(line) != SendResult.Queued)
                return;
        }
    }

    private static string Shorten(string word) => word.Length <= 40 ? word : word[..40] + "…";
}
