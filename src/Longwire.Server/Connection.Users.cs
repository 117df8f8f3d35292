using Longwire.Primitives;

namespace Longwire;

// Whose the connection is, once the protocol's login has told.
public abstract partial class Connection
{
    /// <summary>Longest name of a user, in UTF-16 units.</summary>
    public const int MaxUserLength = 256;

    /// <summary>The user or device that <see cref="SignIn"/> named, also after the end; null before.</summary>
    public string? User => Volatile.Read(ref _extras)?.User;

    /// <summary>
    /// Binds the connection to a user or a device that the handler has authenticated, so that <see
    /// cref="TcpServer.FindUser"/> and <see cref="TcpServer.SendToUser"/> reach it. When the user has <see
    /// cref="ServerLimits.MaxConnectionsPerUser"/> already, the oldest of them is no longer found from now on and
    /// closes with <see cref="CloseReason.Replaced"/>: by default the newest login wins.
    /// </summary>
    /// <remarks>
    /// The binding ends with the connection, before <c>OnClosed</c>, or with a sign-in by another name. Messages that
    /// the replaced connection had received are handled until it closes, and its <c>OnClosed</c> comes after the
    /// newer sign-in: whether the user is still here is what <see cref="TcpServer.FindUser"/> says there.
    /// </remarks>
    /// <param name="user">The name, compared as it is; 1 to <see cref="MaxUserLength"/> UTF-16 units.</param>
    /// <exception cref="ArgumentException">The name is empty or too long.</exception>
    public SignInResult SignIn(string user)
    {
        ArgumentException.ThrowIfNullOrEmpty(user);
        if (user.Length > MaxUserLength)
            throw new ArgumentException($"A user's name has at most {MaxUserLength} UTF-16 units.", nameof(user));
        if (!IsOpen)
            return SignInResult.Closed;
        Interleaving.Point();
        if (!Extras.TrySignIn(this, user, out Connection? replaced))
            return SignInResult.Closed;
        Interleaving.Point();
        if (replaced is null)
            return SignInResult.SignedIn;
        replaced.RequestClose(CloseReason.Replaced, deadline: null);
        return SignInResult.ReplacedAnother;
    }
}
