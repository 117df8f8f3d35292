using Longwire.Service.Sources.Configuration;

namespace Longwire.Service.Sources.Sql;

/// <summary>The first row of a query; its columns are the fields of the topic.</summary>
/// <remarks>
/// Owner: a <see cref="SourceRunner"/>. Concurrency: one reading at a time. Bound: one connection, one row,
/// <see cref="SqlRow.MaxColumns"/> columns, <see cref="SqlRow.MaxCharacters"/> of a text.
/// </remarks>
internal sealed class SqlSource(SqlOptions options, TimeProvider time) : IAsyncStatusSource
{
    public string Name => options.Name;

    public async Task ReadAsync(StatusReport report, CancellationToken cancellation)
    {
        long started = time.GetTimestamp();
        SqlRow row = await (options.Provider is SqlProvider.Sqlite
            ? SqliteQuery.RunAsync(options, cancellation)
            : PostgreSqlQuery.RunAsync(options, cancellation)).ConfigureAwait(false);
        report.Begin(options.Topic);
        report.Write("duration_ms", time.GetElapsedTime(started).TotalMilliseconds, decimals: 0);
        report.CompareFromHere(); // it took longer: that is no news
        report.WriteText("state", "ok");
        row.Write(report);
        report.End();
    }

    /// <summary>What is wrong with a connection string, without its values; null for nothing.</summary>
    public static string? Check(SqlProvider provider, string connection)
    {
        try
        {
            return provider is SqlProvider.Sqlite
                ? SqliteQuery.Check(connection) : PostgreSqlQuery.Check(connection);
        }
        catch (ArgumentException)
        {
            // The provider's message may show a part of the text, and that may be the password.
            return "is no connection string of the provider; write key=value pairs with ; between";
        }
    }
}
