using System.Text;
using Longwire.Protocols.Feed;

namespace Longwire;

/// <summary>
/// The server's side of the protocol. Everything that cannot wait is done on the loop; logins and commands go to the
/// connection's queue.
/// </summary>
/// <remarks>Owner: the endpoint. Concurrency: stateless but for its settings; state is in the sessions.</remarks>
internal sealed partial class FeedEndpoint(FeedBuilder settings)
{
    private readonly FeedLimits _limits = settings.FeedLimits;

    internal EndpointBuilder<FeedSession> Describe(EndpointBuilder<object?> endpoint) => endpoint
        .Framing(FeedProtocol.Framing(_limits.MaxMessageBytes))
        .Options(settings.EndpointOptions)
        .Deliver(static (topic, sequence, payload, output) => FeedValue.Write(output, sequence, topic.Name, payload))
        .DeliverGap(static (topic, count, output) => FeedGap.Write(output, count, topic.Name))
        .DeliverSnapshotEnd(static (filter, output) => FeedSnapshotEnd.Write(output, filter.ToString()))
        .Heartbeat(FeedScratch.Write(static output => FeedPing.Write(output, 0)))
        .Goodbye(FeedScratch.Write(output => FeedGoodbye.Write(
            output, (ushort)CloseReason.ServerShutdown, _limits.RetryAfter, _limits.RetryJitter,
            "the server is stopping")))
        .OnConnect(Connect)
        .OnMessageInline(Handle)
        .OnClosed(static (connection, _) => connection.Session.End());

    private FeedSession Connect(Connection connection)
    {
        ITimer login = settings.TimeProvider.CreateTimer(
            static state =>
            {
                var late = (Connection<FeedSession>)state!;
                if (late.Session is null)
                    late.Abort(CloseReason.IdleTimeout); // it is not even connected
                else if (late.Session.TryEndLogin())
                    late.End(FeedErrorCode.LoginTimeout, "", "no login in time", CloseReason.IdleTimeout);
            },
            connection, _limits.LoginTimeout, Timeout.InfiniteTimeSpan);
        var requests = new RequestQueue(
            _limits.WaitingRequests, _limits.WaitingRequestBytes,
            (request, exception) => RequestThrew(settings.Logger, exception, request, connection.Id));
        return new FeedSession(settings, requests, login);
    }

    private void Handle(Connection<FeedSession> connection, BorrowedMessage received)
    {
        ReadOnlySpan<byte> message = received.Span;
        FeedSession session = connection.Session;
        if (session.HasEnded)
            return;
        FeedType type = FeedProtocol.TypeOf(message);
        FeedFault fault = default;
        if (message.IsEmpty)
            fault = new FeedFault(FeedErrorCode.Malformed, "type");
        else if ((type == FeedType.Hello) == session.HasHello)
            fault = new FeedFault(FeedErrorCode.OutOfPlace, "type");
        else if (type is FeedType.Subscribe or FeedType.Unsubscribe or FeedType.Publish or FeedType.Command
            && !session.IsAuthenticated)
            connection.Refuse(IdOf(message), FeedErrorCode.NotAuthenticated, "type", "log in first");
        else
            Dispatch(connection, type, message, out fault);
        if (fault.Code != FeedErrorCode.None)
            connection.End(fault.Code, fault.Field, Describe(fault.Code), CloseReason.MalformedFrame);
    }

    private void Dispatch(
        Connection<FeedSession> connection, FeedType type, ReadOnlySpan<byte> message, out FeedFault fault)
    {
        fault = default;
        switch (type)
        {
            case FeedType.Hello when FeedHello.TryRead(message, out FeedHello hello, out fault):
                Greet(connection, hello, out fault);
                break;
            case FeedType.Auth when FeedAuth.TryRead(message, out FeedAuth auth, out fault):
                LogIn(connection, auth);
                break;
            case FeedType.Ping when FeedPing.TryRead(message, out FeedPing ping, out fault):
                Pong(connection, ping.Token);
                break;
            case FeedType.Pong when FeedPong.TryRead(message, out _, out fault):
                break; // that it came is all that counts
            case FeedType.Subscribe when FeedSubscribe.TryRead(message, out FeedSubscribe subscribe, out fault):
                Subscribe(connection, subscribe);
                break;
            case FeedType.Unsubscribe when FeedUnsubscribe.TryRead(message, out FeedUnsubscribe last, out fault):
                Unsubscribe(connection, last);
                break;
            case FeedType.Publish when FeedPublish.TryRead(message, out FeedPublish publish, out fault):
                Publish(connection, publish);
                break;
            case FeedType.Reply when FeedReply.TryRead(message, out FeedReply reply, out fault):
                connection.Session.Sent.Complete(reply.Id, new FeedResult(reply.Payload.ToArray(), 0));
                break;
            case FeedType.Error when FeedError.TryRead(message, out FeedError error, out fault):
                connection.Session.Sent.Refuse(
                    error.Id, error.Code, Encoding.UTF8.GetString(error.Field), Encoding.UTF8.GetString(error.Text));
                break;
            case FeedType.Command when FeedCommand.TryRead(message, out FeedCommand command, out fault):
                Command(connection, command);
                break;
            default:
                if (fault.Code == FeedErrorCode.None)
                {
                    connection.Refuse(0, FeedErrorCode.UnknownType, "type",
                        $"messages of type 0x{(byte)type:X2} are not for a server of version {FeedProtocol.Version}");
                }
                break;
        }
    }

    private static void Pong(Connection<FeedSession> connection, ulong token) =>
        connection.Answer(output => FeedPong.Write(output, token));

    private void Greet(Connection<FeedSession> connection, FeedHello hello, out FeedFault fault)
    {
        fault = hello.Version == 0 ? new FeedFault(FeedErrorCode.UnsupportedVersion, "version") : default;
        if (hello.Version == 0)
            return;
        FeedSession session = connection.Session;
        session.HasHello = true;
        session.Epoch = hello.Epoch;
        session.TakesCommands = hello.Features.HasFlag(FeedFeatures.Commands);
        session.Program = Encoding.UTF8.GetString(hello.Name);
        if (session.IsAuthenticated && !session.TryEndLogin())
            return; // too late, and the client is told so
        FeedFeatures features = settings.Authenticator is null
            ? FeedFeatures.Resume
            : FeedFeatures.Resume | FeedFeatures.AuthenticationRequired;
        double heartbeat = connection.Options.HeartbeatInterval.TotalMilliseconds; // hosting may have changed it since
        connection.Answer(output => FeedHello.Write(
            output, FeedProtocol.Version, features, connection.Hub.Epoch, (uint)_limits.MaxMessageBytes,
            TimeSpan.FromMilliseconds(Math.Min(heartbeat, uint.MaxValue)), "longwire"));
    }

    private static void Subscribe(Connection<FeedSession> connection, FeedSubscribe subscribe)
    {
        uint id = subscribe.Id;
        if (!TryParse(connection, id, subscribe.Filter, out TopicFilter? filter))
            return;
        SubscribeResult result = subscribe.Positions.Count == 0
            ? connection.Subscribe(filter)
            : connection.Subscribe(filter, new SubscribeOptions
            {
                Epoch = connection.Session.Epoch,
                Positions = PositionsOf(subscribe),
            });
        switch (result)
        {
            case SubscribeResult.AlreadySubscribed:
                connection.Refuse(id, FeedErrorCode.AlreadySubscribed, "filter",
                    $"there is a subscription to {filter}; unsubscribe first to get the snapshot again");
                break;
            case SubscribeResult.TooMany:
                connection.Refuse(id, FeedErrorCode.LimitReached, "filter",
                    "a connection may have no more subscriptions; take a filter with wildcards");
                break;
            default:
                break; // the snapshot is the answer; or the connection is closing
        }
    }

    private static TopicPosition[] PositionsOf(FeedSubscribe subscribe)
    {
        FeedPositions positions = subscribe.Positions;
        var read = new TopicPosition[positions.Count];
        for (int i = 0; positions.TryRead(out ReadOnlySpan<byte> topic, out long sequence); i++)
            read[i] = new TopicPosition(Encoding.UTF8.GetString(topic), sequence);
        return read;
    }

    private static void Unsubscribe(Connection<FeedSession> connection, FeedUnsubscribe unsubscribe)
    {
        if (!TryParse(connection, unsubscribe.Id, unsubscribe.Filter, out TopicFilter? filter))
            return;
        connection.Unsubscribe(filter);
        connection.Done(unsubscribe.Id, 0);
    }

    private void Publish(Connection<FeedSession> connection, FeedPublish publish)
    {
        string topic = Encoding.UTF8.GetString(publish.Topic);
        if (TopicName.Check(topic) is { } error)
        {
            connection.Refuse(publish.Id, FeedErrorCode.InvalidTopic, "topic", error);
            return;
        }
        if (IsOfGroups(topic) || settings.PublishRule?.Invoke(connection, topic) != true)
        {
            connection.Refuse(publish.Id, FeedErrorCode.Denied, "topic", $"publishing to {topic} is not allowed");
            return;
        }
        PublishResult result = connection.Hub.Publish(topic, publish.Payload);
        if (result.Status == PublishStatus.Published && publish.Id != 0)
            connection.Done(publish.Id, result.Sequence);
        else if (result.Status == PublishStatus.TooLarge)
            connection.Refuse(publish.Id, FeedErrorCode.TooLarge, "payload", "the payload is over the server's limit");
        else if (result.Status == PublishStatus.TooManyTopics)
            connection.Refuse(publish.Id, FeedErrorCode.LimitReached, "topic", "the server holds no more topics");
        else if (result.Status != PublishStatus.Published)
            connection.Refuse(publish.Id, FeedErrorCode.LimitReached, "payload", "the server's memory is spent");
    }

    private static bool TryParse(
        Connection<FeedSession> connection, uint id, ReadOnlySpan<byte> utf8,
        [System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out TopicFilter? filter)
    {
        string text = Encoding.UTF8.GetString(utf8);
        if (!TopicFilter.TryParse(text, out filter, out string? error))
            connection.Refuse(id, FeedErrorCode.InvalidFilter, "filter", error);
        else if (IsOfGroups(text))
            connection.Refuse(id, FeedErrorCode.Denied, "filter", "what groups are sent is for their members");
        else
            return true;
        return false;
    }

    private static bool IsOfGroups(string topic) => topic.StartsWith(TcpServer.GroupTopics, StringComparison.Ordinal);

    /// <summary>The id of a request, which is its first field, for requests that are refused unread.</summary>
    private static uint IdOf(ReadOnlySpan<byte> message) =>
        message.Length < 5 ? 0 : System.Buffers.Binary.BinaryPrimitives.ReadUInt32BigEndian(message[1..]);

    private static string Describe(FeedErrorCode code) => code switch
    {
        FeedErrorCode.OutOfPlace => "HELLO comes first, and once",
        FeedErrorCode.UnsupportedVersion => $"this server speaks version {FeedProtocol.Version}",
        _ => "the message does not have the layout of its type",
    };
}
