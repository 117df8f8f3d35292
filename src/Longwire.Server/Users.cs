using System.Collections.Concurrent;

namespace Longwire;

/// <summary>Who is signed in: by user the connections that are theirs, the newest last.</summary>
/// <remarks>
/// Owner: the server. Concurrency: any thread; finding takes no lock, changes take one short one, inside that of a
/// connection's extras. Bound: users by the connections, connections of a user by <see
/// cref="ServerLimits.MaxConnectionsPerUser"/>, names by <see cref="Connection.MaxUserLength"/>.
/// </remarks>
internal sealed class Users(ServerLimits limits)
{
    private readonly Lock _gate = new();
    private readonly ConcurrentDictionary<string, Connection[]> _byName = new(StringComparer.Ordinal);

    internal int Count => _byName.Count;

    /// <summary>Never changed after it was returned.</summary>
    internal Connection[] Find(string user) => _byName.GetValueOrDefault(user, []);

    /// <summary>
    /// Adds a connection, and returns the one that has to go for it: the oldest, when all places are taken. Those that
    /// are closing already take none.
    /// </summary>
    internal Connection? Add(string user, Connection connection)
    {
        lock (_gate)
        {
            Connection[] open = Array.FindAll(Find(user), static other => other.IsOpen);
            Connection? replaced = open.Length < limits.MaxConnectionsPerUser ? null : open[0];
            _byName[user] = replaced is null ? [.. open, connection] : [.. open.AsSpan(1), connection];
            return replaced;
        }
    }

    /// <summary>Removes a connection; nothing happens when it was replaced before.</summary>
    internal void Remove(string user, Connection connection)
    {
        lock (_gate)
        {
            Connection[] left = Array.FindAll(Find(user), other => other != connection);
            if (left.Length == 0)
                _byName.TryRemove(user, out _);
            else
                _byName[user] = left;
        }
    }
}
