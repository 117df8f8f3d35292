using System.Runtime.CompilerServices;
using System.Text;
using Longwire.Protocols.Feed;

namespace Longwire;

/// <summary>
/// A client of the Feed protocol that stays connected: it comes back by itself, subscribes again, asks for what it has
/// missed and tells what is lost.
/// </summary>
/// <remarks>
/// Owner: whoever made it. Concurrency: public members from any thread; its state belongs to its loop. Bound:
/// <see cref="FeedClientOptions.MaxRequests"/>, and for each subscription <see cref="FeedSubscribeOptions"/>.
/// </remarks>
public sealed partial class FeedClient : IAsyncDisposable
{
    private const string TooMuch = "the values are more than may wait here; take a narrower filter, or Subscribe";

    private readonly FeedClientOptions _options;
    private readonly FramedClient _connection;

    /// <summary>Starts to connect.</summary>
    /// <exception cref="ArgumentException">An option is out of range; the message names it.</exception>
    public FeedClient(FeedClientOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        _ = options.Validate();
        _options = options;
        _connection = new FramedClient(
            new FramedClientOptions(options)
            {
                Codec = FeedProtocol.Framing(options.MaxMessageBytes),
                SilenceTimeout = options.ConnectTimeout, // until HELLO tells the server's heartbeat
                OnConnected = _ => Greet(),
                OnMessage = (_, message) => Take(message),
                OnDisconnected = (_, _) => EndSession(),
                OnSilence = _ => Ask(),
            },
            saysHealthy: true);
        _connection.Start();
    }

    /// <summary>Told each change of <see cref="Status"/>, on the client's loop: do not block.</summary>
    public event Action<ClientStatus>? StatusChanged
    {
        add => _connection.StatusChanged += value;
        remove => _connection.StatusChanged -= value;
    }

    /// <summary>Where the client stands.</summary>
    public ClientStatus Status => _connection.Status;

    private TimeProvider Time => _connection.Loop.Time;

    /// <summary>
    /// Subscribes for as long as it is enumerated: what the topics of the filter hold, <see
    /// cref="FeedUpdateKind.Complete"/>, and each change from there on, across lost connections.
    /// </summary>
    /// <param name="filter">Topics as MQTT's filters name them: <c>host/#</c>. One enumeration of a filter at a
    /// time.</param>
    /// <param name="options">How much may wait for the reader. Default: <see cref="FeedSubscribeOptions"/>.</param>
    /// <param name="cancellation">Ends the subscription.</param>
    /// <exception cref="FormatException">The filter is none; the message says why.</exception>
    /// <exception cref="FeedException">While enumerating: the server refused the subscription.</exception>
    /// <exception cref="InvalidOperationException">While enumerating: there is a subscription to this filter, or the
    /// reader was too slow for <see cref="SlowConsumerPolicy.Disconnect"/>.</exception>
    /// <exception cref="ObjectDisposedException">While enumerating: the client was disposed of.</exception>
    public IAsyncEnumerable<FeedUpdate> Subscribe(
        string filter, FeedSubscribeOptions? options = null, CancellationToken cancellation = default)
    {
        TopicFilter parsed = TopicFilter.Parse(filter);
        options ??= FeedSubscribeOptions.Default;
        options.Validate();
        return Enumerate(parsed, options, cancellation);
    }

    /// <summary>What the topics of a filter hold now.</summary>
    /// <param name="filter">Topics as MQTT's filters name them: <c>host/#</c>.</param>
    /// <param name="timeout">Time for all of it, the connect included.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="TimeoutException">It did not come in time; the message says what is wrong.</exception>
    /// <exception cref="FeedException">The server refused it, or it is more than may wait here.</exception>
    public async Task<IReadOnlyList<FeedUpdate>> GetAsync(
        string filter, TimeSpan timeout, CancellationToken cancellation = default)
    {
        var values = new Dictionary<string, FeedUpdate>(StringComparer.Ordinal);
        using var late = new CancellationTokenSource(timeout, Time);
        using var ends = CancellationTokenSource.CreateLinkedTokenSource(late.Token, cancellation);
        try
        {
            await foreach (FeedUpdate update in Subscribe(filter, null, ends.Token).ConfigureAwait(false))
            {
                if (update.Kind == FeedUpdateKind.Value)
                    values[update.Topic] = update;
                else if (update.Kind == FeedUpdateKind.Restarted)
                    values.Clear();
                else if (update.Kind == FeedUpdateKind.Dropped)
                    throw new FeedException(FeedErrorCode.LimitReached, "filter", TooMuch);
                else if (update.Kind == FeedUpdateKind.Complete)
                    break;
            }
        }
        catch (OperationCanceledException) when (late.IsCancellationRequested && !cancellation.IsCancellationRequested)
        {
            throw NotInTime($"The values of {filter} did not come", timeout);
        }
        return [.. values.Values];
    }

    /// <summary>Publishes to a topic, and returns the number that the message got.</summary>
    /// <param name="topic">The topic.</param>
    /// <param name="payload">The message.</param>
    /// <param name="timeout">Time for all of it, the connect included.</param>
    /// <param name="cancellation">Ends the wait.</param>
    /// <exception cref="FeedException">The server refused it.</exception>
    /// <exception cref="TimeoutException">There was no connection, or no answer, in time.</exception>
    /// <exception cref="IOException">The connection ended first; it may or may not have been published.</exception>
    public async Task<long> PublishAsync(
        string topic, ReadOnlyMemory<byte> payload, TimeSpan timeout, CancellationToken cancellation = default)
    {
        if (TopicName.Check(topic) is { } error)
            throw new ArgumentException(error, nameof(topic));
        FeedResult result = await AskAsync(
            $"the publish to {topic}",
            (session, id, _) => Send(session, output => FeedPublish.Write(output, id, topic, payload.Span)),
            timeout, cancellation).ConfigureAwait(false);
        return result.Sequence;
    }

    /// <summary>Sends the server a command and waits for its reply.</summary>
    /// <param name="command">What to do; at most 256 UTF-8 bytes.</param>
    /// <param name="payload">Its argument.</param>
    /// <param name="timeout">Time for all of it, the connect included; the server is told what is left of it.</param>
    /// <param name="cancellation">Ends the wait, not the command.</param>
    /// <exception cref="FeedException">The server refused it, or it failed.</exception>
    /// <exception cref="TimeoutException">
    /// There was no connection in time and nothing was sent; or no reply, and it may or may not have been carried out.
    /// The message says which.
    /// </exception>
    /// <exception cref="IOException">The connection ended first; it may or may not have been carried out.</exception>
    public async Task<ReadOnlyMemory<byte>> RequestAsync(
        string command, ReadOnlyMemory<byte> payload, TimeSpan timeout, CancellationToken cancellation = default)
    {
        ArgumentException.ThrowIfNullOrEmpty(command);
        FeedResult result = await AskAsync(
            $"the command {command}",
            (session, id, left) => Send(session, output => FeedCommand.Write(output, id, left, command, payload.Span)),
            timeout, cancellation).ConfigureAwait(false);
        return result.Payload;
    }

    /// <summary>Ends the connection and everything that waits for it.</summary>
    public async ValueTask DisposeAsync()
    {
        _connection.Post(Close);
        await _connection.DisposeAsync().ConfigureAwait(false);
    }

    private async IAsyncEnumerable<FeedUpdate> Enumerate(
        TopicFilter filter, FeedSubscribeOptions options, [EnumeratorCancellation] CancellationToken cancellation)
    {
        var subscription = new FeedSubscription(filter, options, _options.MaxTopics);
        _connection.Post(() => Add(subscription));
        try
        {
            while (true)
            {
                (bool taken, FeedUpdate update) = await subscription.Queue.TakeAsync(cancellation)
                    .ConfigureAwait(false);
                if (!taken)
                    yield break;
                yield return update;
            }
        }
        finally
        {
            _connection.Post(() => Remove(subscription));
        }
    }

    private async Task<FeedResult> AskAsync(
        string what, Func<FeedClientSession, uint, TimeSpan, SendResult> send, TimeSpan timeout,
        CancellationToken cancellation)
    {
        ArgumentOutOfRangeException.ThrowIfLessThanOrEqual(timeout, TimeSpan.Zero);
        ArgumentOutOfRangeException.ThrowIfGreaterThan(timeout, TimeSpan.FromDays(49));
        long began = Time.GetTimestamp();
        FeedClientSession session;
        try
        {
            session = await Volatile.Read(ref _ready).Task.WaitAsync(timeout, Time, cancellation)
                .ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw NotInTime($"There was no connection for {what}", timeout);
        }
        TimeSpan left = timeout - Time.GetElapsedTime(began);
        if (left < TimeSpan.FromMilliseconds(1))
            left = TimeSpan.FromMilliseconds(1);
        return await session.Sent.AskAsync(what, id => send(session, id, left), left, cancellation)
            .ConfigureAwait(false);
    }

    private TimeoutException NotInTime(string what, TimeSpan timeout)
    {
        ClientStatus status = Status;
        return new TimeoutException(
            $"{what} within {timeout.TotalSeconds:0.###} s ({status.Server ?? _options.Servers[0]}: "
            + $"{status.Reason ?? status.State.ToString()}).");
    }
}
