using System.Data;
using System.Data.Common;
using System.Net.Sockets;
using Longwire.Service.Sources.Configuration;
using Npgsql;

namespace Longwire.Service.Sources.Sql;

/// <summary>A query of a PostgreSQL server, asynchronous from end to end.</summary>
internal static class PostgreSqlQuery
{
    public static async Task<SqlRow> RunAsync(SqlOptions options, CancellationToken cancellation)
    {
        var builder = new NpgsqlConnectionStringBuilder(options.Connection)
        {
            CommandTimeout = 0, // the reading's token is the only deadline
            Timeout = 0,
        };
        builder.ApplicationName ??= "longwire";
        try
        {
            await using var connection = new NpgsqlConnection(builder.ConnectionString);
            await connection.OpenAsync(cancellation).ConfigureAwait(false);
            await using var command = new NpgsqlCommand(options.Query, connection);
            await using DbDataReader reader = await command.ExecuteReaderAsync(
                CommandBehavior.SingleRow | CommandBehavior.SequentialAccess, cancellation).ConfigureAwait(false);
            return await reader.ReadAsync(cancellation).ConfigureAwait(false)
                ? SqlRow.Read(reader) : throw new SourceFailure("The query has no row.");
        }
        catch (Exception exception) when (exception is NpgsqlException or SocketException)
        {
            cancellation.ThrowIfCancellationRequested();
            throw new SourceFailure((exception as PostgresException)?.MessageText ?? exception.Message, exception);
        }
    }

    /// <summary>What is wrong with a connection string; null for nothing.</summary>
    /// <exception cref="ArgumentException">It is none.</exception>
    public static string? Check(string connection) =>
        string.IsNullOrEmpty(new NpgsqlConnectionStringBuilder(connection).Host)
            ? "names no server; write Host=" : null;
}
