using System.Text;
using Longwire.Hosting.Settings;
using Longwire.Service.Sources;
using Longwire.Service.Sources.Configuration;
using Microsoft.Extensions.Configuration;

namespace Longwire.Service.Tests.Sources;

/// <summary>The section <c>sources</c>: what is read of it, and what is said about mistakes.</summary>
public sealed class SourcesOptionsTests
{
    [Fact]
    public void Without_a_section_the_machine_and_the_service_are_read()
    {
        SourcesOptions options = Read("{}", out List<string> errors);
        Assert.Empty(errors);
        Assert.Equal(TimeSpan.FromSeconds(1), options.Host!.Interval);
        Assert.Equal(TimeSpan.FromSeconds(1), options.Self!.Interval);
        Assert.Empty(options.Configured);
    }

    [Fact]
    public void Host_and_self_can_be_slower_or_off()
    {
        SourcesOptions options = Read("""
            { "host": { "kind": "host", "interval": "5s" }, "me": { "kind": "self", "enabled": false } }
            """, out List<string> errors);
        Assert.Empty(errors);
        Assert.Equal(TimeSpan.FromSeconds(5), options.Host!.Interval);
        Assert.Null(options.Self);
    }

    [Fact]
    public void Every_source_has_a_schedule_with_defaults()
    {
        SourcesOptions options = Read("""
            {
              "a": { "kind": "tcp", "address": "db.example.org:5432" },
              "b": { "kind": "tcp", "address": "[::1]:22", "interval": "1m", "timeout": "500ms", "jitter": "0",
                     "staleness": "1h", "topic": "net/ssh", "onlyWhenWatched": true },
              "c": { "kind": "tcp", "address": "127.0.0.1:1", "interval": "2s" },
              "off": { "kind": "tcp", "address": "127.0.0.1:1", "enabled": false }
            }
            """, out List<string> errors);
        Assert.Empty(errors);
        TcpOptions[] sources = [.. options.Configured.Cast<TcpOptions>()];
        Assert.Equal(
            [("a", "a", "db.example.org", 5432), ("b", "net/ssh", "::1", 22), ("c", "c", "127.0.0.1", 1)],
            sources.Select(source => (source.Name, source.Topic, source.Host, source.Port)));
        Assert.Equal(
            new SourceSchedule
            {
                Interval = TimeSpan.FromSeconds(10),
                Timeout = TimeSpan.FromSeconds(5),
                Jitter = TimeSpan.FromSeconds(1),
                Staleness = TimeSpan.FromSeconds(16),
                Topic = "a",
            },
            sources[0].Schedule);
        Assert.Equal(
            new SourceSchedule
            {
                Interval = TimeSpan.FromMinutes(1),
                Timeout = TimeSpan.FromMilliseconds(500),
                Staleness = TimeSpan.FromHours(1),
                Topic = "net/ssh",
                OnlyWhenWatched = true,
            },
            sources[1].Schedule);
        Assert.Equal(TimeSpan.FromMilliseconds(200), sources[2].Schedule.Jitter); // a tenth of a short interval
    }

    /// <summary>A mistake in one source of the kind, and the whole of what is said.</summary>
    [Theory]
    [InlineData("""{ }""", "kind: is missing; write one of host, self, exec, file, http, tcp, sql")]
    [InlineData("""{ "kind": "htp" }""",
        "kind: 'htp' is not known; did you mean 'http'? It is one of host, self, exec, file, http, tcp, sql")]
    [InlineData("""{ "kind": "ping" }""",
        "kind: 'ping' is not known; write one of host, self, exec, file, http, tcp, sql")]
    [InlineData("""{ "kind": "host", "topic": "x" }""",
        "topic: is not known here; known are enabled, interval, jitter, kind, onlyWhenWatched, staleness, timeout")]
    [InlineData("""{ "kind": "tcp", "address": "a:1", "intervall": "1s" }""",
        "intervall: is not known here; did you mean 'interval'?")]
    [InlineData("""{ "kind": "tcp", "address": "a:1", "onlywatched": "1s" }""",
        "onlywatched: is not known here; did you mean 'onlyWhenWatched'?")]
    [InlineData("""{ "kind": "tcp", "address": "a:1", "interval": "10" }""",
        "interval: '10' is no duration; write a number and a unit, such as 500ms, 10s, 5min, 1h or 1d")]
    [InlineData("""{ "kind": "tcp", "address": "a:1", "interval": "99ms" }""",
        "interval: 99ms is out of range; write 100ms to 1d")]
    [InlineData("""{ "kind": "tcp", "address": "a:1", "timeout": "never" }""",
        "timeout: never is out of range; write 100ms to 1d")]
    [InlineData("""{ "kind": "tcp", "address": "a:1", "jitter": "2d" }""",
        "jitter: 2d is out of range; write 0 to 1d")]
    [InlineData("""{ "kind": "tcp", "address": "a:1", "timeout": "25h" }""",
        "timeout: 25h is out of range; write 100ms to 1d")]
    [InlineData("""{ "kind": "tcp", "address": "a:1", "timeout": "-1s" }""",
        "timeout: '-1s' is no duration; write a number and a unit, such as 500ms, 10s, 5min, 1h or 1d")]
    [InlineData("""{ "kind": "tcp", "address": "a:1", "jitter": "11s" }""",
        "jitter: 11s is longer than the interval, 10s; write at most the interval")]
    [InlineData("""{ "kind": "tcp", "address": "a:1", "staleness": "10s" }""",
        "staleness: 10s is over before the next reading, which may come after 11s (interval + jitter); write more "
        + "than that")]
    [InlineData("""{ "kind": "tcp", "address": "a:1", "enabled": "yes" }""",
        "enabled: 'yes' is neither true nor false")]
    [InlineData("""{ "kind": "tcp", "address": "a:1", "topic": "a/#" }""", "topic: 'a/#' is no topic: *")]
    [InlineData("""{ "kind": "tcp", "address": "a:1", "topic": "longwire/x" }""",
        "topic: 'longwire/x' is under longwire/, which belongs to the service; choose another")]
    public void A_mistake_in_what_every_source_has_is_told_with_its_key_and_its_cure(string source, string message) =>
        CheckMistake(source, message);

    [Theory]
    [InlineData("""{ "kind": "tcp" }""", "address: is missing")]
    [InlineData("""{ "kind": "tcp", "address": "db" }""",
        "address: 'db' is no HOST:PORT with a port from 1 to 65535; write db.example.org:5432")]
    [InlineData("""{ "kind": "tcp", "address": "::1:22" }""",
        "address: '::1:22' is no HOST:PORT with a port from 1 to 65535; write db.example.org:5432")]
    [InlineData("""{ "kind": "tcp", "address": "a:0" }""",
        "address: 'a:0' is no HOST:PORT with a port from 1 to 65535; write db.example.org:5432")]
    [InlineData("""{ "kind": "exec" }""", "command: is missing; write a list: the program and its arguments")]
    [InlineData("""{ "kind": "exec", "command": [""] }""",
        "command: begins with an empty text; write the program first")]
    [InlineData("""{ "kind": "exec", "command": "df -k" }""",
        """command: is one text, and no shell is used; write ["df", "-k"], or "shell": true""")]
    [InlineData("""{ "kind": "exec", "shell": true, "command": ["df", "-k"] }""",
        "command: is a list; write one text")]
    [InlineData("""{ "kind": "exec", "command": ["df"], "format": "yaml" }""",
        "format: 'yaml' is not known; write one of text, json, keyValue")]
    [InlineData("""{ "kind": "exec", "command": ["df"], "maxBytes": "1" }""",
        "maxBytes: '1' is no number of bytes from 64 to 262144")]
    [InlineData("""{ "kind": "file" }""", "path: is missing")]
    [InlineData("""{ "kind": "file", "path": "app.log" }""",
        "path: 'app.log' depends on the working directory; write the whole path")]
    [InlineData("""{ "kind": "http" }""", "url: is missing")]
    [InlineData("""{ "kind": "http", "url": "ftp://a/" }""",
        "url: is no http:// or https:// address; write one such as https://example.org/health")]
    [InlineData("""{ "kind": "http", "url": "http://a/", "json": "a..b" }""",
        "json: a name is missing at '.b'; write a path such as status.items[0].name")]
    [InlineData("""{ "kind": "http", "url": "http://a/", "expectStatus": "2xx" }""",
        "expectStatus: '2xx' is no status and no range; write 200 or 200-299, from 100 to 599")]
    [InlineData("""{ "kind": "sql", "connection": "Host=a", "query": "SELECT 1" }""",
        "provider: is missing; write one of sqlite, postgresql")]
    [InlineData("""{ "kind": "sql", "provider": "sqlserver", "connection": "Host=a", "query": "SELECT 1" }""",
        "provider: 'sqlserver' is not known; write one of sqlite, postgresql")]
    [InlineData("""{ "kind": "sql", "provider": "sqlite", "query": "SELECT 1" }""", "connection: is missing")]
    [InlineData("""{ "kind": "sql", "provider": "sqlite", "connection": "Data Source=/a" }""", "query: is missing")]
    [InlineData("""{ "kind": "sql", "provider": "sqlite", "connection": "Data Source=a", "query": "SELECT 1" }""",
        "connection: names a file that depends on the working directory; write Data Source= and the whole path")]
    public void A_mistake_in_a_kind_is_told_with_its_key_and_its_cure(string source, string message) =>
        CheckMistake(source, message);

    [Theory]
    [InlineData("cpu")]
    [InlineData("a+b")]
    [InlineData("a/b")]
    public void A_name_that_cannot_be_one_is_refused(string name)
    {
        Read($$"""{ "{{name}}": { "kind": "tcp", "address": "a:1", "topic": "t" } }""", out List<string> errors);
        Assert.StartsWith($"longwire:sources:{name}: '{name}' cannot name a source: ", Assert.Single(errors));
    }

    [Fact]
    public void All_mistakes_are_told_at_once()
    {
        Read("""
            { "a": { "kind": "tcp", "interval": "x", "timeout": "y", "z": 1 }, "b": { "kind": "exec" } }
            """, out List<string> errors);
        Assert.Equal(
            ["a:interval", "a:timeout", "a:address", "a:z", "b:command"],
            errors.Select(error => string.Join(':', error.Split(':')[2..4])));
    }

    [Fact]
    public void Two_sources_cannot_have_one_topic()
    {
        Read("""
            {
              "a": { "kind": "tcp", "address": "a:1", "topic": "t" },
              "b": { "kind": "tcp", "address": "a:1", "topic": "t" }
            }
            """, out List<string> errors);
        Assert.Equal(
            ["longwire:sources:b:topic: 't' is the topic of 'a'; give each source a topic of its own"], errors);
    }

    [Fact]
    public void The_host_is_configured_once()
    {
        Read("""{ "a": { "kind": "host" }, "b": { "kind": "host" } }""", out List<string> errors);
        Assert.Equal(["longwire:sources:b:kind: is 'a' already; remove one of the two"], errors);
    }

    [Fact]
    public void Too_many_sources_are_refused()
    {
        IEnumerable<string> sources = Enumerable.Range(0, SourcesOptions.MaxSources + 1)
            .Select(i => $$""" "s{{i}}": { "kind": "tcp", "address": "a:1" } """);
        Read($"{{ {string.Join(',', sources)} }}", out List<string> errors);
        Assert.Equal(["longwire:sources: 65 sources are more than 64; remove some"], errors);
    }

    [Theory]
    [InlineData("90s")]
    [InlineData("1.5m")]
    [InlineData("1.5min")]
    [InlineData("00:01:30")]
    public void Durations_are_written_as_in_the_other_sections(string text)
    {
        SourcesOptions options = Read(
            $$"""{ "x": { "kind": "tcp", "address": "a:1", "interval": "{{text}}" } }""", out List<string> errors);
        Assert.Empty(errors);
        Assert.Equal(TimeSpan.FromSeconds(90), Assert.Single(options.Configured).Schedule.Interval);
    }

    private static void CheckMistake(string source, string message)
    {
        SourcesOptions options = Read($$"""{ "x": {{source}} }""", out List<string> errors);
        string error = Assert.Single(errors);
        if (message.EndsWith('*'))
            Assert.StartsWith($"longwire:sources:x:{message.TrimEnd('*')}", error);
        else
            Assert.Equal($"longwire:sources:x:{message}", error);
        Assert.Empty(options.Configured);
    }

    internal static SourcesOptions Read(string json, out List<string> errors) =>
        ReadFile($$"""{ "longwire": { "sources": {{json}} } }""", out errors);

    internal static SourcesOptions ReadFile(string json, out List<string> errors)
    {
        List<SettingProblem> problems = [];
        using var stream = new MemoryStream(Encoding.UTF8.GetBytes(json));
        IConfiguration configuration = new ConfigurationBuilder().AddJsonStream(stream).Build();
        SourcesOptions options = SourcesOptions.Read(configuration.GetSection(SourcesOptions.Section), problems);
        errors = [.. problems.Select(problem => problem.ToString())];
        return options;
    }
}
