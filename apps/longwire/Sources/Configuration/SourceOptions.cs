namespace Longwire.Service.Sources.Configuration;

/// <summary>One source as it was configured, checked.</summary>
/// <param name="Name">One topic level; unique.</param>
/// <param name="Topic">The source's own topic.</param>
/// <param name="Schedule">When it is read.</param>
internal abstract record SourceOptions(string Name, string Topic, SourceSchedule Schedule)
{
    /// <summary>Makes the source.</summary>
    public abstract IAsyncStatusSource Create(TimeProvider time);
}

/// <summary>A program's output.</summary>
/// <param name="Command">Program and arguments; with a shell, its one line.</param>
internal sealed record ExecOptions(
    string Name, string Topic, SourceSchedule Schedule, IReadOnlyList<string> Command, bool Shell, ExecFormat Format,
    int MaxBytes) : SourceOptions(Name, Topic, Schedule)
{
    public override IAsyncStatusSource Create(TimeProvider time) => new Exec.ExecSource(this, time);
}

/// <summary>How a program's output is read.</summary>
internal enum ExecFormat
{
    /// <summary>As it is, without the line end at its end.</summary>
    Text,

    /// <summary>One JSON document; the fields of an object are topics of their own.</summary>
    Json,

    /// <summary>Lines of <c>key=value</c>; each key is a topic of its own.</summary>
    KeyValue,
}

/// <summary>The lines that are appended to a file.</summary>
internal sealed record TailOptions(
    string Name, string Topic, SourceSchedule Schedule, string Path, int MaxLineBytes)
    : SourceOptions(Name, Topic, Schedule)
{
    public override IAsyncStatusSource Create(TimeProvider time) => new Files.TailSource(this);
}

/// <summary>An HTTP server's answer.</summary>
/// <param name="Headers">What is sent beside the usual; values may be secret.</param>
/// <param name="JsonPath">What of the body is shown; null for nothing.</param>
internal sealed record HttpOptions(
    string Name, string Topic, SourceSchedule Schedule, Uri Url, IReadOnlyDictionary<string, string> Headers,
    (int Low, int High) ExpectStatus, Http.JsonPath? JsonPath, int MaxBytes) : SourceOptions(Name, Topic, Schedule)
{
    public override IAsyncStatusSource Create(TimeProvider time) => new Http.HttpSource(this, time);
}

/// <summary>Whether a TCP server takes connections, and how fast.</summary>
internal sealed record TcpOptions(string Name, string Topic, SourceSchedule Schedule, string Host, int Port)
    : SourceOptions(Name, Topic, Schedule)
{
    public override IAsyncStatusSource Create(TimeProvider time) => new Tcp.TcpSource(this, time);
}

/// <summary>The first row of a query.</summary>
/// <param name="Connection">As the provider wants it; holds the password, so that it is never shown.</param>
internal sealed record SqlOptions(
    string Name, string Topic, SourceSchedule Schedule, SqlProvider Provider, string Connection, string Query)
    : SourceOptions(Name, Topic, Schedule)
{
    public override IAsyncStatusSource Create(TimeProvider time) => new Sql.SqlSource(this, time);
}

/// <summary>Which database.</summary>
internal enum SqlProvider
{
    /// <summary>A file, on a thread of its own.</summary>
    Sqlite,

    /// <summary>A server, asynchronously.</summary>
    PostgreSql,
}
