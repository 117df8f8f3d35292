namespace Longwire;

/// <summary>What became of a sign-in.</summary>
public enum SignInResult : byte
{
    /// <summary>The connection is the user's now, or was before.</summary>
    SignedIn,

    /// <summary>The same, and the user's oldest connection closes for it.</summary>
    ReplacedAnother,

    /// <summary>The connection is closing or closed.</summary>
    Closed,
}

/// <summary>What became of a subscribe.</summary>
public enum SubscribeResult : byte
{
    /// <summary>The subscription is made; its snapshot follows.</summary>
    Subscribed,

    /// <summary>The connection has this subscription already.</summary>
    AlreadySubscribed,

    /// <summary>The connection holds <see cref="EndpointOptions.MaxSubscriptions"/>.</summary>
    TooMany,

    /// <summary>The connection is closing or closed.</summary>
    Closed,
}
