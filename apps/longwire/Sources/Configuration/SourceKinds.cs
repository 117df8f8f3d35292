using Longwire.Service.Sources.Http;
using Longwire.Service.Sources.Sql;

namespace Longwire.Service.Sources.Configuration;

/// <summary>What there is to read.</summary>
internal enum SourceKind
{
    /// <summary>This machine.</summary>
    Host,

    /// <summary>The service itself.</summary>
    Self,

    /// <summary><see cref="ExecOptions"/>.</summary>
    Exec,

    /// <summary><see cref="TailOptions"/>.</summary>
    File,

    /// <summary><see cref="HttpOptions"/>.</summary>
    Http,

    /// <summary><see cref="TcpOptions"/>.</summary>
    Tcp,

    /// <summary><see cref="SqlOptions"/>.</summary>
    Sql,
}

/// <summary>The keys of each kind, with their defaults and ranges: the code behind docs/service/sources.md.</summary>
internal static class SourceKinds
{
    /// <summary>Least and most of a program's output, an answer's body or a line.</summary>
    public const int LeastBytes = 64;

    /// <inheritdoc cref="LeastBytes"/>
    public const int MostBytes = 1 << 18;

    /// <summary>A page of text.</summary>
    public const int DefaultBytes = 16 << 10;

    /// <summary>A long line of a log.</summary>
    public const int DefaultLineBytes = 4 << 10;

    public static readonly (string, SourceKind)[] Names =
    [
        ("host", SourceKind.Host), ("self", SourceKind.Self), ("exec", SourceKind.Exec), ("file", SourceKind.File),
        ("http", SourceKind.Http), ("tcp", SourceKind.Tcp), ("sql", SourceKind.Sql),
    ];

    /// <summary>The default schedule of what answers at once.</summary>
    public static readonly SourceSchedule Local = new();

    /// <summary>The default schedule of what costs something: every 10 s, spread over one more.</summary>
    public static readonly SourceSchedule Remote = new()
    {
        Interval = TimeSpan.FromSeconds(10),
        Jitter = TimeSpan.FromSeconds(1),
    };

    private static readonly (string, ExecFormat)[] s_formats =
        [("text", ExecFormat.Text), ("json", ExecFormat.Json), ("keyValue", ExecFormat.KeyValue)];

    private static readonly (string, SqlProvider)[] s_providers =
        [("sqlite", SqlProvider.Sqlite), ("postgresql", SqlProvider.PostgreSql)];

    /// <summary>Reads the keys of one source; null when a mistake was told.</summary>
    public static SourceOptions? Read(SourceKind kind, SourceSection section)
    {
        string name = section.Name();
        string topic = section.Topic();
        SourceSchedule schedule = section.Schedule(kind is SourceKind.File ? Local : Remote, topic);
        SourceOptions? options = kind switch
        {
            SourceKind.Exec => Exec(section, name, topic, schedule),
            SourceKind.File => new TailOptions(
                name, topic, schedule, section.AbsolutePath("path"),
                section.Bytes("maxLineBytes", DefaultLineBytes)),
            SourceKind.Http => Http(section, name, topic, schedule),
            SourceKind.Tcp => Tcp(section, name, topic, schedule),
            _ => Sql(section, name, topic, schedule),
        };
        section.RefuseUnknown();
        return section.HasErrors ? null : options;
    }

    private static ExecOptions Exec(SourceSection section, string name, string topic, SourceSchedule schedule)
    {
        bool shell = section.Flag("shell", fallback: false);
        IReadOnlyList<string> command = shell ? [section.Text("command")] : section.List("command");
        ExecFormat format = section.Choice<ExecFormat>("format", s_formats, ExecFormat.Text)!.Value;
        return new ExecOptions(
            name, topic, schedule, command, shell, format, section.Bytes("maxBytes", DefaultBytes));
    }

    private static HttpOptions? Http(SourceSection section, string name, string topic, SourceSchedule schedule)
    {
        string text = section.Text("url");
        if (!Uri.TryCreate(text, UriKind.Absolute, out Uri? url) || url.Scheme is not ("http" or "https"))
        {
            if (text.Length > 0)
                section.Add("url", "is no http:// or https:// address; write one such as https://example.org/health");
            url = null;
        }
        JsonPath? path = null;
        if (section.OptionalText("json") is { } wanted && !JsonPath.TryParse(wanted, out path, out string? error))
            section.Add("json", $"{error}; write a path such as status.items[0].name");
        (int, int) status = section.StatusRange("expectStatus", (200, 299));
        IReadOnlyDictionary<string, string> headers = section.Map("headers");
        int maxBytes = section.Bytes("maxBytes", DefaultBytes);
        return url is null ? null : new HttpOptions(name, topic, schedule, url, headers, status, path, maxBytes);
    }

    private static TcpOptions Tcp(SourceSection section, string name, string topic, SourceSchedule schedule)
    {
        string address = section.Text("address");
        (string host, int port) = ("", 0);
        if (address.Length > 0 && !TrySplit(address, out host, out port))
        {
            section.Add(
                "address", $"'{address}' is no HOST:PORT with a port from 1 to 65535; write db.example.org:5432");
        }
        return new TcpOptions(name, topic, schedule, host, port);
    }

    private static SqlOptions Sql(SourceSection section, string name, string topic, SourceSchedule schedule)
    {
        SqlProvider? provider = section.Choice<SqlProvider>("provider", s_providers, fallback: null);
        string connection = section.Text("connection");
        if (provider is { } known && connection.Length > 0 && SqlSource.Check(known, connection) is { } problem)
            section.Add("connection", problem);
        return new SqlOptions(name, topic, schedule, provider ?? default, connection, section.Text("query"));
    }

    private static bool TrySplit(string address, out string host, out int port)
    {
        int colon = address.LastIndexOf(':');
        host = colon > 0 ? address[..colon].Trim('[', ']') : "";
        return ushort.TryParse(address.AsSpan(colon + 1), out ushort number) & (port = number) > 0 && host.Length > 0
            && (!host.Contains(':') || address[0] == '[');
    }
}
