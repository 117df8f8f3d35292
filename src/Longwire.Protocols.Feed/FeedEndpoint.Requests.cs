using System.Text;
using Longwire.Protocols.Feed;
using Microsoft.Extensions.Logging;

namespace Longwire;

// What may wait: each runs on the pool, after the one before it.
internal sealed partial class FeedEndpoint
{
    private void LogIn(Connection<FeedSession> connection, FeedAuth auth)
    {
        uint id = auth.Id;
        string user = Encoding.UTF8.GetString(auth.User);
        string secret = Encoding.UTF8.GetString(auth.Secret);
        if (settings.Authenticator is null)
            connection.Done(id, 0); // nothing is asked for, so nothing is wrong
        else if (!connection.Session.Requests.TryAdd(() => LogIn(connection, id, user, secret), auth.Secret.Length))
            RefuseBusy(connection, id);
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
            session.User = user;
            session.IsAuthenticated = true;
            session.StopLoginTimer();
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
        TimeSpan deadline = command.Deadline == TimeSpan.Zero || command.Deadline > _limits.CommandDeadline
            ? _limits.CommandDeadline
            : command.Deadline;
        long received = settings.TimeProvider.GetTimestamp();
        var request = new FeedRequest(
            command.Id, Encoding.UTF8.GetString(command.Name), command.Payload.ToArray(), deadline);
        if (settings.CommandHandler is null)
            connection.Refuse(request.Id, FeedErrorCode.UnknownCommand, "name", "this server takes no commands");
        else if (!connection.Session.Requests.TryAdd(
            () => Run(connection, request, received), request.Payload.Length))
            RefuseBusy(connection, request.Id);
    }

    /// <summary>
    /// At the deadline the client is told, and the handler's token cancelled; the next command waits for the handler
    /// all the same, because commands are handled in order.
    /// </summary>
    private async Task Run(Connection<FeedSession> connection, FeedRequest request, long received)
    {
        TimeSpan left = request.Deadline - settings.TimeProvider.GetElapsedTime(received);
        if (left <= TimeSpan.Zero)
        {
            RefuseLate(connection, request.Id);
            return;
        }
        int answered = 0;
        using var deadline = new CancellationTokenSource(left, settings.TimeProvider);
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(deadline.Token, connection.Cancellation);
        request.Cancellation = ends.Token;
        using CancellationTokenRegistration late = deadline.Token.UnsafeRegister(
            _ =>
            {
                if (Interlocked.Exchange(ref answered, 1) == 0)
                    RefuseLate(connection, request.Id);
            },
            null);
        FeedAnswer answer = await Ask(connection, request).ConfigureAwait(false);
        if (Interlocked.Exchange(ref answered, 1) != 0)
            return;
        if (answer.Failure is { } failure)
        {
            FeedErrorCode code = ReferenceEquals(answer, FeedAnswer.Unknown)
                ? FeedErrorCode.UnknownCommand
                : FeedErrorCode.CommandFailed;
            connection.Refuse(request.Id, code, "name", failure);
            return;
        }
        await connection.ReplyAsync(request.Id, answer.Payload).ConfigureAwait(false);
    }

    private async ValueTask<FeedAnswer> Ask(Connection<FeedSession> connection, FeedRequest request)
    {
        try
        {
            return await settings.CommandHandler!(connection, request).ConfigureAwait(false);
        }
        catch (OperationCanceledException) when (request.Cancellation.IsCancellationRequested)
        {
            return FeedAnswer.Failed("cancelled");
        }
        catch (Exception exception)
        {
            CommandThrew(settings.Logger, exception, request.Name, connection.Id);
            return FeedAnswer.Failed("the command's handler failed; the server's log says why");
        }
    }

    private static void RefuseBusy(Connection<FeedSession> connection, uint id) => connection.Refuse(
        id, FeedErrorCode.LimitReached, "id", "too many requests wait; let some be answered first");

    private static void RefuseLate(Connection<FeedSession> connection, uint id) => connection.Refuse(
        id, FeedErrorCode.DeadlineExceeded, "deadline", "the command was not done in time");

    [LoggerMessage(EventId = 1601, Level = LogLevel.Error,
        Message = "The handler of the command {Name} threw, for connection {Id}")]
    private static partial void CommandThrew(ILogger logger, Exception exception, string name, long id);

    [LoggerMessage(EventId = 1602, Level = LogLevel.Error,
        Message = "The authenticator threw, for connection {Id}; the login is refused")]
    private static partial void LoginThrew(ILogger logger, Exception exception, long id);
}
