using System.Buffers;
using System.Globalization;
using System.Text;
using Longwire.Primitives;
using Longwire.Protocols.Feed;

namespace Longwire;

// One connection after the other, on the loop: HELLO, login, subscriptions, and what the server sends.
public sealed partial class FeedClient
{
    private readonly Dictionary<string, FeedSubscription> _subscriptions = new(StringComparer.Ordinal); // by filter
    private readonly HashSet<string> _leaving = new(StringComparer.Ordinal); // UNSUBSCRIBE is not answered yet
    private readonly Dictionary<string, Route> _routes = new(StringComparer.Ordinal); // by topic; a cache
    private TaskCompletionSource<FeedClientSession> _ready = NewReady();
    private FeedClientSession? _session;
    private long _epoch;
    private bool _isClosed;

    private void Greet()
    {
        var session = new FeedClientSession(_options, Time, _connection.Link!);
        _session = session;
        FeedFeatures features = _options.OnCommand is null ? FeedFeatures.None : FeedFeatures.Commands;
        Send(session, output => FeedHello.Write(
            output, FeedProtocol.Version, features, _epoch, 0, TimeSpan.Zero, _options.Name));
    }

    /// <summary>A server that has said nothing for a while is asked whether it is there.</summary>
    private void Ask()
    {
        if (_session is { } session)
            Send(session, static output => FeedPing.Write(output, 0));
    }

    private void EndSession()
    {
        if (!_isClosed && Volatile.Read(ref _ready).Task.IsCompleted)
            Volatile.Write(ref _ready, NewReady());
        _leaving.Clear();
        _routes.Clear(); // some leave out what was leaving
        foreach (FeedSubscription subscription in _subscriptions.Values)
            subscription.Pending = 0;
        _session?.End();
        _session = null;
    }

    private void Take(ReadOnlySpan<byte> message)
    {
        if (_session is not { } session)
            return;
        FeedFault fault = default;
        switch (FeedProtocol.TypeOf(message))
        {
            case FeedType.Value when FeedValue.TryRead(message, out FeedValue value, out fault):
                TakeValue(value);
                break;
            case FeedType.SnapshotEnd when FeedSnapshotEnd.TryRead(message, out FeedSnapshotEnd end, out fault):
                if (_subscriptions.TryGetValue(Encoding.UTF8.GetString(end.Filter), out FeedSubscription? complete)
                    && !_leaving.Contains(complete.Name))
                {
                    complete.Pending = 0;
                    Keep(complete, complete.Complete(_epoch));
                }
                break;
            case FeedType.Gap when FeedGap.TryRead(message, out FeedGap gap, out fault):
                long count = gap.Count;
                foreach ((FeedSubscription subscription, TopicPlace place) in RouteOf(gap.Topic).Targets)
                    Keep(subscription, subscription.Gap(place, count, _epoch));
                break;
            case FeedType.Stale when FeedStale.TryRead(message, out FeedStale stale, out fault):
                foreach ((FeedSubscription subscription, TopicPlace place) in RouteOf(stale.Topic).Targets)
                    Keep(subscription, subscription.Stale(place, _epoch));
                break;
            case FeedType.Done when FeedDone.TryRead(message, out FeedDone done, out fault):
                if (session.Leaving.Remove(done.Id, out string? left))
                    Left(left);
                else
                    session.Sent.Complete(done.Id, new FeedResult(default, done.Sequence));
                break;
            case FeedType.Reply when FeedReply.TryRead(message, out FeedReply reply, out fault):
                session.Sent.Complete(reply.Id, new FeedResult(reply.Payload.ToArray(), 0));
                break;
            case FeedType.Error when FeedError.TryRead(message, out FeedError error, out fault):
                TakeError(session, error);
                break;
            case FeedType.Ping when FeedPing.TryRead(message, out FeedPing ping, out fault):
                ulong token = ping.Token;
                Send(session, output => FeedPong.Write(output, token));
                break;
            case FeedType.Hello when FeedHello.TryRead(message, out FeedHello hello, out fault):
                TakeHello(session, hello);
                break;
            case FeedType.Goodbye when FeedGoodbye.TryRead(message, out FeedGoodbye goodbye, out fault):
                TimeSpan away = goodbye.RetryAfter + (goodbye.Jitter * FramedClient.Jitter());
                _connection.StayAway(away);
                ClientLog.Goodbye(
                    _options.Logger, Status.Server ?? "", away, Encoding.UTF8.GetString(goodbye.Text));
                break;
            case FeedType.Command when FeedCommand.TryRead(message, out FeedCommand command, out fault):
                TakeCommand(session, command);
                break;
        }
        if (fault.Code != FeedErrorCode.None)
            _connection.Disconnect($"the server sent a malformed message, in the field '{fault.Field}'");
    }

    private void TakeHello(FeedClientSession session, FeedHello hello)
    {
        if (hello.Version != FeedProtocol.Version || session.HasHello)
        {
            _connection.Disconnect(session.HasHello
                ? "the server said HELLO twice"
                : $"the server speaks version {hello.Version}, this client {FeedProtocol.Version}");
            return;
        }
        session.HasHello = true;
        if (hello.MaxMessageBytes > 0)
            session.MaxMessageBytes = (int)Math.Min(hello.MaxMessageBytes, session.MaxMessageBytes);
        if (hello.Heartbeat > TimeSpan.Zero)
        {
            _connection.SilenceTimeout = 3 * hello.Heartbeat;
            _connection.WatchSilence();
        }
        if (hello.Epoch != _epoch)
        {
            bool isRestart = _epoch != 0;
            _epoch = hello.Epoch;
            _routes.Clear();
            if (isRestart)
            {
                foreach (FeedSubscription subscription in _subscriptions.Values)
                    Keep(subscription, subscription.Restart(_epoch));
            }
        }
        if (!hello.Features.HasFlag(FeedFeatures.AuthenticationRequired))
            BeReady(session);
        else if (_options.User is { } user)
            _ = LogIn(session, user);
        else
            _connection.Disconnect("the server wants a login: set User and Secret");
    }

    private async Task LogIn(FeedClientSession session, string user)
    {
        try
        {
            string secret = await Task.Run(_options.Secret).ConfigureAwait(false); // it may block
            await session.Sent.AskAsync(
                "the login", id => Send(session, output => FeedAuth.Write(output, id, user, secret)),
                _options.ConnectTimeout, CancellationToken.None).ConfigureAwait(false);
        }
        catch (Exception failed)
        {
            _connection.Post(() =>
            {
                if (session == _session)
                    _connection.Disconnect($"the login as {user} failed: {failed.Message}");
            });
            return;
        }
        _connection.Post(() =>
        {
            if (session == _session)
                BeReady(session);
        });
    }

    private void BeReady(FeedClientSession session)
    {
        session.IsReady = true;
        _connection.SetHealthy();
        foreach (FeedSubscription subscription in _subscriptions.Values)
            SendSubscribe(session, subscription);
        Volatile.Read(ref _ready).TrySetResult(session);
        _connection.ReportConnected();
    }

    private void TakeValue(FeedValue value)
    {
        long sequence = value.Sequence;
        ReadOnlyMemory<byte> payload = default;
        foreach ((FeedSubscription subscription, TopicPlace place) in RouteOf(value.Topic).Targets)
        {
            if (sequence <= place.Sequence)
                continue; // it is here already: by another filter, or from before
            if (payload.IsEmpty && !value.Payload.IsEmpty)
                payload = value.Payload.ToArray();
            Keep(subscription, subscription.Value(place, sequence, payload, _epoch));
        }
    }

    private void TakeError(FeedClientSession session, FeedError error)
    {
        string field = Encoding.UTF8.GetString(error.Field);
        string text = Encoding.UTF8.GetString(error.Text);
        uint id = error.Id;
        if (id == 0 && (int)error.Code < 16)
            _connection.Disconnect($"the server ends the connection: {text}");
        else if (_subscriptions.Values.FirstOrDefault(one => one.Pending == id && id != 0) is { } refused)
            Drop(refused, new FeedException(error.Code, field, text));
        else if (session.Leaving.Remove(id, out string? left))
            Left(left); // it is not there, whatever the reason
        else
            session.Sent.Refuse(id, error.Code, field, text);
    }

    private void TakeCommand(FeedClientSession session, FeedCommand command)
    {
        if (_options.OnCommand is not { } handler)
        {
            AnswerAsync(session, command.Id, FeedAnswer.Unknown).AsTask();
            return;
        }
        var request = new FeedRequest(
            command.Id, Encoding.UTF8.GetString(command.Name), command.Payload.ToArray(), command.Deadline);
        // By the connection that it came on: the next one has commands with the same ids.
        var run = new CommandRun(
            request, asked => handler(asked), (answered, answer) => AnswerAsync(session, answered, answer), Time,
            session.Ends);
        uint id = command.Id;
        if (!session.Commands.TryAdd(run))
        {
            Send(session, output => FeedError.Write(
                output, id, FeedErrorCode.LimitReached, "id", "too many commands wait for the client's handler"));
        }
    }

    private static ValueTask AnswerAsync(FeedClientSession session, uint id, FeedAnswer answer)
    {
        // Refused when nobody is connected or too much waits: the server sees its deadline.
        if (answer.Code != FeedErrorCode.None)
            Refuse(answer.Code, answer.Field, FeedProtocol.Clip(answer.Why));
        else if (Send(session, output => FeedReply.Write(output, id, answer.Payload.Span)) == SendResult.TooLarge)
            Refuse(FeedErrorCode.TooLarge, "payload", "the reply is too large");
        return default;

        void Refuse(FeedErrorCode code, string field, string text) =>
            Send(session, output => FeedError.Write(output, id, code, field, text));
    }

    private void Close()
    {
        _isClosed = true;
        foreach (FeedSubscription subscription in _subscriptions.Values)
            subscription.Queue.End(Disposed());
        _subscriptions.Clear();
        _routes.Clear();
        TaskCompletionSource<FeedClientSession> never = NewReady();
        Fail(Interlocked.Exchange(ref _ready, never));
        Fail(never);

        static void Fail(TaskCompletionSource<FeedClientSession> ready)
        {
            ready.TrySetException(Disposed());
            _ = ready.Task.Exception; // nobody may ever ask
        }
    }

    private static ObjectDisposedException Disposed() =>
        new(nameof(FeedClient), "The client was disposed of.");

    private static SendResult Send(FeedClientSession session, Action<IBufferWriter<byte>> write)
    {
        ReadOnlySpan<byte> message = FeedScratch.Write(write);
        return message.Length > session.MaxMessageBytes
            ? SendResult.TooLarge // the server would close the connection for it
            : session.Link.TrySend(message);
    }

    private static TaskCompletionSource<FeedClientSession> NewReady() =>
        new(TaskCreationOptions.RunContinuationsAsynchronously);
}
