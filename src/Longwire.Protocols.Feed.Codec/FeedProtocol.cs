namespace Longwire.Protocols.Feed;

/// <summary>The constants of the Feed protocol, version 1, which <c>docs/protocols/feed.md</c> specifies.</summary>
public static class FeedProtocol
{
    /// <summary>The version that this codec reads and writes.</summary>
    public const ushort Version = 1;

    /// <summary>
    /// Most bytes of a message, unless a server says otherwise in its HELLO: 1 MiB for a payload, 4 KiB for the rest.
    /// </summary>
    public const int DefaultMaxMessageBytes = (1 << 20) + (4 << 10);

    /// <summary>Most UTF-8 bytes of a topic or a filter: 256 characters of at most 3 bytes.</summary>
    public const int MaxTopicBytes = 768;

    /// <summary>Most UTF-8 bytes of a name: of a program, a user, a command, a field.</summary>
    public const int MaxNameBytes = 256;

    /// <summary>Most UTF-8 bytes of a text for people, and of a secret.</summary>
    public const int MaxTextBytes = 1024;

    /// <summary>Most positions in one SUBSCRIBE.</summary>
    public const int MaxPositions = 1024;

    /// <summary>Messages on the wire: four bytes of length, the high byte first, and the message.</summary>
    /// <param name="maxMessageBytes">Most bytes of a message; at least 1.</param>
    public static LengthPrefix Framing(int maxMessageBytes = DefaultMaxMessageBytes) =>
        LengthPrefix.BigEndian32(maxMessageBytes);

    /// <summary>What a message is; 0, which is no type, when it is empty. Types may be unknown.</summary>
    public static FeedType TypeOf(ReadOnlySpan<byte> message) => message.IsEmpty ? default : (FeedType)message[0];

    /// <summary>As much of a text for people as a message takes.</summary>
    internal static string Clip(string text) => System.Text.Encoding.UTF8.GetByteCount(text) <= MaxTextBytes
        ? text
        : text[..(MaxTextBytes / 3)]; // a character is 3 bytes at most
}

/// <summary>The first byte of a message.</summary>
public enum FeedType : byte
{
    /// <summary>Both ways, first: version and epoch.</summary>
    Hello = 0x01,

    /// <summary>To the server: who the client is.</summary>
    Auth = 0x02,

    /// <summary>To the client: a request was carried out.</summary>
    Done = 0x03,

    /// <summary>Both ways: a request was refused; to the client also: the connection ends.</summary>
    Error = 0x04,

    /// <summary>To the client: the server is about to end the connection.</summary>
    Goodbye = 0x05,

    /// <summary>Both ways: answer at once.</summary>
    Ping = 0x06,

    /// <summary>Both ways: the answer to PING.</summary>
    Pong = 0x07,

    /// <summary>To the server: send the topics of a filter.</summary>
    Subscribe = 0x10,

    /// <summary>To the server: no more of a filter.</summary>
    Unsubscribe = 0x11,

    /// <summary>To the client: a message of a topic.</summary>
    Value = 0x12,

    /// <summary>To the client: what the topics of a filter held has been sent.</summary>
    SnapshotEnd = 0x13,

    /// <summary>To the client: messages of a topic were lost.</summary>
    Gap = 0x14,

    /// <summary>To the client: a topic's source has stopped.</summary>
    Stale = 0x15,

    /// <summary>To the server: a message for a topic.</summary>
    Publish = 0x16,

    /// <summary>Both ways: do something and reply.</summary>
    Command = 0x20,

    /// <summary>Both ways: the answer to COMMAND.</summary>
    Reply = 0x21,
}

/// <summary>What a side can and demands, in its HELLO. Unknown bits are ignored.</summary>
[Flags]
public enum FeedFeatures : ushort
{
    /// <summary>Neither.</summary>
    None = 0,

    /// <summary>Requests are refused until AUTH is done.</summary>
    AuthenticationRequired = 1,

    /// <summary>The positions of a SUBSCRIBE are heeded.</summary>
    Resume = 2,

    /// <summary>The interval of a SUBSCRIBE is heeded.</summary>
    Interval = 4,

    /// <summary>Of a client: it answers commands.</summary>
    Commands = 8,
}

/// <summary>Why a request was refused. Codes below 16 end the connection.</summary>
public enum FeedErrorCode : ushort
{
    /// <summary>No error.</summary>
    None = 0,

    /// <summary>A message does not have the layout of its type.</summary>
    Malformed = 1,

    /// <summary>A message of this type is not expected now: no HELLO yet, or a second one.</summary>
    OutOfPlace = 2,

    /// <summary>The client's version is older than what the server speaks.</summary>
    UnsupportedVersion = 3,

    /// <summary>Too many logins failed.</summary>
    TooManyLogins = 4,

    /// <summary>No HELLO, or no login where it is needed, in time.</summary>
    LoginTimeout = 5,

    /// <summary>The message's type is unknown, or goes the other way.</summary>
    UnknownType = 16,

    /// <summary>AUTH has to come first.</summary>
    NotAuthenticated = 17,

    /// <summary>The login is wrong, or who sent this may not do it.</summary>
    Denied = 18,

    /// <summary>The filter breaks the rules of filters.</summary>
    InvalidFilter = 19,

    /// <summary>The topic's name breaks the rules of names.</summary>
    InvalidTopic = 20,

    /// <summary>There is a subscription to this filter.</summary>
    AlreadySubscribed = 21,

    /// <summary>A limit is reached; the field says which. The request may be right later.</summary>
    LimitReached = 22,

    /// <summary>The payload is larger than the server takes.</summary>
    TooLarge = 23,

    /// <summary>There is no command of this name.</summary>
    UnknownCommand = 24,

    /// <summary>The command failed.</summary>
    CommandFailed = 25,

    /// <summary>The command was not done by its deadline.</summary>
    DeadlineExceeded = 26,
}

/// <summary>What is wrong with a message, and in which of its fields.</summary>
/// <param name="Code">The error; <see cref="FeedErrorCode.None"/> for a good message.</param>
/// <param name="Field">The field's name in the specification.</param>
public readonly record struct FeedFault(FeedErrorCode Code, string Field);
