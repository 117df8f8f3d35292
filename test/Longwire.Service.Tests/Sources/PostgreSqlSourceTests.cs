using Longwire.Service.Sources;
using Longwire.Service.Sources.Configuration;
using Longwire.Service.Sources.Sql;

namespace Longwire.Service.Tests.Sources;

/// <summary>A real PostgreSQL server.</summary>
public sealed class PostgreSqlSourceTests
{
    private const string Topic = "db/pg";

    [Fact]
    public async Task The_columns_of_the_first_row_are_fields_and_a_query_that_hangs_is_cancelled()
    {
        await using PostgreSqlServer server = await PostgreSqlServer.StartAsync();
        using (var run = new SourceRun(Sql(server, """
            SELECT 7 AS whole, 9000000000 AS long, 0.10 AS exact, 0.5::float8 AS real, true AS flag, 'naïve' AS text,
                NULL AS nothing, timestamp '2026-11-23 01:02:03' AS at, repeat('x', 5000) AS large
            FROM generate_series(1, 1000000)
            """)))
        {
            Assert.Matches(
                """^\{"duration_ms":[0-9]+,"state":"ok","whole":7,"long":9000000000,"exact":0.10,"real":0.5"""
                + ""","flag":true,"text":"naïve","at":"2026-11-23T01:02:03.0000000","large":"x{4096}","""
                + """ "absent":\["nothing"\]\}$""".Trim(),
                await run.ReadAsync(Topic));
        }
        using (var run = new SourceRun(Sql(server, "SELECT a FROM nowhere")))
            Assert.Contains("relation \\\"nowhere\\\" does not exist", await run.ReadAsync(Topic));
        using (var run = new SourceRun(Sql(server, "SELECT 1 AS a WHERE false")))
            Assert.Contains("The query has no row.", await run.ReadAsync(Topic));

        var time = new ArmedTime();
        SqlOptions options = Sql(server, "SELECT pg_sleep(1000)::text AS never");
        using var hanging = new SourceRun(options, time);
        Task reading = hanging.ReadAsync();
        await time.WaitForTimerAsync(options.Schedule.Timeout, "the reading");
        time.Advance(options.Schedule.Timeout);
        await reading;
        Assert.EndsWith("\"error\":\"No answer within 60 s.\"}", hanging.Take(Topic));
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_a_failure_without_the_password()
    {
        string folder = Directory.CreateTempSubdirectory("longwire-pg-").FullName;
        using var run = new SourceRun(new SqlOptions(
            "pg", Topic, SourceRun.Schedule(Topic), SqlProvider.PostgreSql, $"Host={folder};Password=secret",
            "SELECT 1"));
        string json = await run.ReadAsync(Topic);
        Directory.Delete(folder);
        Assert.Contains("\"state\":\"failed\"", json);
        Assert.DoesNotContain("secret", json);
    }

    [Theory]
    [InlineData("Hos=x;Password=secret", "is no connection string of the provider")]
    [InlineData("Username=x", "names no server; write Host=")]
    [InlineData("Host=x", null)]
    public void A_connection_string_is_checked_and_never_shown(string connection, string? start)
    {
        string? problem = SqlSource.Check(SqlProvider.PostgreSql, connection);
        if (start is null)
            Assert.Null(problem);
        else
            Assert.StartsWith(start, problem);
        Assert.DoesNotContain("secret", problem ?? "");
    }

    private static SqlOptions Sql(PostgreSqlServer server, string query) => new(
        "pg", Topic, SourceRun.Schedule(Topic), SqlProvider.PostgreSql, server.Connection, query);
}
