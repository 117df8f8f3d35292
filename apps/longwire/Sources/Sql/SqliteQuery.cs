using System.Data;
using Longwire.Service.Sources.Configuration;
using Microsoft.Data.Sqlite;
using SQLitePCL;

namespace Longwire.Service.Sources.Sql;

/// <summary>A query of an SQLite file, on a thread of its own: the provider's asynchronous calls block.</summary>
internal static class SqliteQuery
{
    /// <summary>No value of a row may be larger: SQLite refuses it.</summary>
    public const int MaxValueBytes = 1 << 20;

    private const int LimitLength = 0; // SQLITE_LIMIT_LENGTH
    private const int InstructionsPerLook = 10_000; // of SQLite's machine: well under a millisecond

    public static Task<SqlRow> RunAsync(SqlOptions options, CancellationToken cancellation) => Task.Factory.StartNew(
        () => Run(options, cancellation), CancellationToken.None, TaskCreationOptions.LongRunning,
        TaskScheduler.Default);

    /// <summary>What is wrong with a connection string; null for nothing.</summary>
    /// <exception cref="ArgumentException">It is none.</exception>
    public static string? Check(string connection)
    {
        var builder = new SqliteConnectionStringBuilder(connection);
        bool isFile = builder.Mode is not SqliteOpenMode.Memory && builder.DataSource is not ":memory:"
            && !builder.DataSource.StartsWith("file:", StringComparison.Ordinal);
        return isFile && !Path.IsPathFullyQualified(builder.DataSource)
            ? "names a file that depends on the working directory; write Data Source= and the whole path" : null;
    }

    private static SqlRow Run(SqlOptions options, CancellationToken cancellation)
    {
        var builder = new SqliteConnectionStringBuilder(options.Connection)
        {
            // How long the provider waits for a lock; it has no other way to be told to stop doing so.
            DefaultTimeout = Math.Max(1, (int)Math.Ceiling(options.Schedule.Timeout.TotalSeconds)),
            Pooling = false, // a file that was replaced is opened anew
        };
        if (!builder.ShouldSerialize("Mode"))
            builder.Mode = SqliteOpenMode.ReadOnly; // or a wrong path would make an empty file
        try
        {
            using var connection = new SqliteConnection(builder.ConnectionString);
            connection.Open();
            raw.sqlite3_limit(connection.Handle, LimitLength, MaxValueBytes);
            // Not sqlite3_interrupt, which does nothing when it comes before the query has begun.
            raw.sqlite3_progress_handler(
                connection.Handle, InstructionsPerLook, _ => cancellation.IsCancellationRequested ? 1 : 0, null);
            using SqliteCommand command = connection.CreateCommand();
            command.CommandText = options.Query;
            using SqliteDataReader reader = command.ExecuteReader(CommandBehavior.SingleRow);
            return reader.Read() ? SqlRow.Read(reader) : throw new SourceFailure("The query has no row.");
        }
        catch (SqliteException exception)
        {
            cancellation.ThrowIfCancellationRequested();
            throw new SourceFailure(exception.Message, exception);
        }
    }
}
