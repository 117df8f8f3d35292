using System.Text;
using Longwire.Protocols.Feed;
using Microsoft.Extensions.Logging;

namespace Longwire;

// What may wait: each runs on the pool, after the one before it.
internal sealed partial class FeedEndpoint
{
    private void LogIn(Connection<FeedSession> connection, FeedAuth auth)
    {
        if (settings.Authenticator is null)
            connection.Done(auth.Id, 0); // nothing is asked for, so nothing is wrong
        else if (!connection.Session.Requests.TryAdd(new Login(this, connection, auth)))
            RefuseBusy(connection, auth.Id);
    }

    private async Task LogIn(Connection<FeedSession> connection, uint id, string user, string secret)
    {
        FeedSession session = connection.Session;
        bool isRight = false;
        try
        {
            isRight = !session.HasEnded && await settings.Authenticator!(connection, user, secret)
                .ConfigureAwait(false);
        }
        catch (Exception exception)
        {
            LoginThrew(settings.Logger, exception, connection.Id);
        }
        if (session.HasEnded)
            return;
        if (isRight)
        {
            if (!session.IsAuthenticated && !session.TryEndLogin())
                return; // the time was over first, and the client is told so
            session.User = user;
            session.IsAuthenticated = true;
            connection.Done(id, 0);
        }
        else if (++session.FailedLogins < _limits.MaxFailedLogins)
        {
            connection.Refuse(id, FeedErrorCode.Denied, "secret", "the user or the secret is wrong");
        }
        else
        {
            connection.End(
                FeedErrorCode.TooManyLogins, "secret", "too many logins failed", CloseReason.ClosedByApplication);
        }
    }

    private void Command(Connection<FeedSession> connection, FeedCommand command)
    {
        if (settings.CommandHandler is not { } handler)
        {
            connection.Refuse(command.Id, FeedErrorCode.UnknownCommand, "name", "this server takes no commands");
            return;
        }
        TimeSpan deadline = command.Deadline == TimeSpan.Zero || command.Deadline > _limits.CommandDeadline
            ? _limits.CommandDeadline
            : command.Deadline;
        var request = new FeedRequest(
            command.Id, Encoding.UTF8.GetString(command.Name), command.Payload.ToArray(), deadline);
        var run = new CommandRun(
            request, asked => handler(connection, asked), connection.AnswerAsync, settings.TimeProvider,
            connection.Cancellation);
        if (!connection.Session.Requests.TryAdd(run))
            RefuseBusy(connection, command.Id);
    }

    private static void RefuseBusy(Connection<FeedSession> connection, uint id) => connection.Refuse(
        id, FeedErrorCode.LimitReached, "id", "too many requests wait; let some be answered first");

    [LoggerMessage(EventId = 1601, Level = LogLevel.Error,
        Message = "The handler of {Request} threw, for connection {Id}")]
    private static partial void RequestThrew(ILogger logger, Exception exception, QueuedRequest request, long id);

    [LoggerMessage(EventId = 1602, Level = LogLevel.Error,
        Message = "The authenticator threw, for connection {Id}; the login is refused")]
    private static partial void LoginThrew(ILogger logger, Exception exception, long id);

    private sealed class Login(FeedEndpoint endpoint, Connection<FeedSession> connection, FeedAuth auth) : QueuedRequest
    {
        private readonly uint _id = auth.Id;
        private readonly string _user = Encoding.UTF8.GetString(auth.User);
        private readonly string _secret = Encoding.UTF8.GetString(auth.Secret);

        internal override int Bytes { get; } = auth.Secret.Length;

        internal override Task RunAsync() => endpoint.LogIn(connection, _id, _user, _secret);

        public override void Dispose()
        {
        }
    }
}
