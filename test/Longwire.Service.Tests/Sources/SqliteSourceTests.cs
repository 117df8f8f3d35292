using Longwire.Service.Sources;
using Longwire.Service.Sources.Configuration;
using Longwire.Service.Sources.Sql;
using Microsoft.Data.Sqlite;

namespace Longwire.Service.Tests.Sources;

/// <summary>A real SQLite file.</summary>
public sealed class SqliteSourceTests : IDisposable
{
    private const string Topic = "db/x";

    /// <summary>Never ends, and costs no memory.</summary>
    private const string Endless =
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) AS c FROM n";

    private readonly string _folder = Directory.CreateTempSubdirectory("longwire-sqlite-").FullName;

    private string File => Path.Combine(_folder, "x.db");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task The_columns_of_the_first_row_are_fields()
    {
        Execute("CREATE TABLE jobs(id INTEGER, name TEXT, took REAL, note TEXT)",
            "INSERT INTO jobs VALUES (7, 'naïve \"x\"', 0.125, NULL), (8, 'second', 1, 'x')");
        using var run = new SourceRun(Sql("SELECT id, name, took, note FROM jobs ORDER BY id"));
        Assert.Matches(
            """^\{"duration_ms":[0-9]+,"state":"ok","id":7,"name":"naïve \\"x\\"","took":0.125,"""
                + """ "absent":\["note"\]\}$""".Trim(),
            await run.ReadAsync(Topic));
    }

    [Theory]
    [InlineData("SELECT 1 AS a WHERE 0", "The query has no row.")]
    [InlineData("SELECT 1 AS time", "The column name 'time' is taken; name it otherwise with AS.")]
    [InlineData("SELECT 1 AS a, 2 AS a", "The column name 'a' is taken; name it otherwise with AS.")]
    [InlineData("SELECT x'00' AS a", "The column 'a' holds bytes; select a text or a number.")]
    [InlineData("SELECT a FROM nowhere", "SQLite Error 1: 'no such table: nowhere'.")]
    [InlineData("INSERT INTO t VALUES (1)", "SQLite Error 8: 'attempt to write a readonly database'.")]
    public async Task What_cannot_be_shown_is_a_failure(string query, string error)
    {
        Execute("CREATE TABLE t(a)");
        using var run = new SourceRun(Sql(query));
        Assert.Equal($$"""{"state":"failed","error":"{{error}}"}""", await run.ReadAsync(Topic));
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_a_failure_and_is_not_made()
    {
        using var run = new SourceRun(Sql("SELECT 1 AS a"));
        Assert.Contains("unable to open database file", await run.ReadAsync(Topic));
        Assert.Empty(Directory.EnumerateFiles(_folder));
    }

    [Fact]
    public async Task Too_many_columns_are_refused()
    {
        Execute("CREATE TABLE t(a)");
        string columns = string.Join(", ", Enumerable.Range(0, SqlRow.MaxColumns + 1).Select(i => $"{i} AS c{i}"));
        using var run = new SourceRun(Sql($"SELECT {columns}"));
        Assert.Contains("The row has 65 columns, more than 64; select fewer.", await run.ReadAsync(Topic));
    }

    [Fact]
    public async Task A_long_text_is_cut_and_a_huge_one_refused_before_it_takes_memory()
    {
        Execute("CREATE TABLE t(a)");
        using var cut = new SourceRun(Sql("SELECT printf('%100000s', 'x') AS a"));
        string json = await cut.ReadAsync(Topic);
        Assert.InRange(json.Length, SqlRow.MaxCharacters, SqlRow.MaxCharacters + 100);
        using var huge = new SourceRun(Sql("SELECT printf('%50000000s', 'x') AS a"));
        Assert.Contains("too big", await huge.ReadAsync(Topic));
    }

    [Fact]
    public async Task A_query_that_does_not_end_is_ended_at_its_timeout()
    {
        Execute("CREATE TABLE t(a)");
        var time = new ArmedTime();
        SqlOptions options = Sql(Endless);
        using var run = new SourceRun(options, time);
        Task reading = run.ReadAsync();
        await time.WaitForTimerAsync(options.Schedule.Timeout, "the reading");
        time.Advance(options.Schedule.Timeout);
        await reading; // the thread has come back
        Assert.EndsWith("\"error\":\"No answer within 60 s.\"}", run.Take(Topic));
    }

    [Theory]
    [InlineData("Data Source=x.db", "names a file that depends on the working directory")]
    [InlineData("Data Sorce=/x.db;Password=secret", "is no connection string of the provider")]
    [InlineData("Data Source=/x.db", null)]
    public void A_connection_string_is_checked_and_never_shown(string connection, string? start)
    {
        string? problem = SqlSource.Check(SqlProvider.Sqlite, connection);
        if (start is null)
            Assert.Null(problem);
        else
            Assert.StartsWith(start, problem);
        Assert.DoesNotContain("secret", problem ?? "");
    }

    private SqlOptions Sql(string query) => new(
        "x", Topic, SourceRun.Schedule(Topic), SqlProvider.Sqlite, $"Data Source={File}", query);

    private void Execute(params string[] statements)
    {
        using var connection = new SqliteConnection($"Data Source={File};Pooling=False");
        connection.Open();
        foreach (string statement in statements)
        {
            using SqliteCommand command = connection.CreateCommand();
#pragma warning disable CA2100 // The statements are this file's.
            command.CommandText = statement;
#pragma warning restore CA2100
            command.ExecuteNonQuery();
        }
    }
}
