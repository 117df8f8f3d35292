namespace Longwire;

// Reaching users and devices, wherever they are connected.
public sealed partial class TcpServer
{
    internal Users Users { get; }

    /// <summary>
    /// The connections that are signed in as a user (<see cref="Connection.SignIn"/>), the newest last, as of this
    /// moment; empty when there is none. One look-up, whatever the number of users.
    /// </summary>
    public IReadOnlyList<Connection> FindUser(string user)
    {
        ArgumentNullException.ThrowIfNull(user);
        return Users.Find(user);
    }

    /// <summary>
    /// Sends a payload to all connections of a user, each as <see cref="Connection.Send(ReadOnlySpan{byte})"/> does:
    /// as a reply, not as a push, so what was queued is never conflated or dropped.
    /// </summary>
    /// <returns>How many connections have queued it; 0 when the user is not here, or has no room.</returns>
    public int SendToUser(string user, ReadOnlySpan<byte> payload)
    {
        ArgumentNullException.ThrowIfNull(user);
        int queued = 0;
        foreach (Connection connection in Users.Find(user))
        {
            if (connection.Send(payload) == SendResult.Queued)
                queued++;
        }
        return queued;
    }
}
