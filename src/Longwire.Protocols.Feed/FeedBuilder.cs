using Longwire.Protocols.Feed;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Longwire;

/// <summary>Answers a command, on the thread pool; one at a time and in order per connection.</summary>
public delegate ValueTask<FeedAnswer> FeedCommandHandler(Connection<FeedSession> connection, FeedRequest command);

/// <summary>Whether a user's secret is right; on the thread pool.</summary>
public delegate ValueTask<bool> FeedAuthenticator(Connection<FeedSession> connection, string user, string secret);

/// <summary>Whether a connection may publish to a topic; on the loop, so it must not block.</summary>
public delegate bool FeedPublishRule(Connection<FeedSession> connection, string topic);

/// <summary>Describes a Feed endpoint. As it is made everybody may read, and nobody may write.</summary>
public sealed class FeedBuilder
{
    internal FeedLimits FeedLimits = FeedLimits.Default;
    internal EndpointOptions EndpointOptions = EndpointOptions.Default;
    internal FeedCommandHandler? CommandHandler;
    internal FeedAuthenticator? Authenticator;
    internal FeedPublishRule? PublishRule;
    internal ILogger Logger = NullLogger.Instance;
    internal TimeProvider TimeProvider = TimeProvider.System;

    internal FeedBuilder()
    {
    }

    /// <summary>Limits of the protocol.</summary>
    public FeedBuilder Limits(FeedLimits limits)
    {
        ArgumentNullException.ThrowIfNull(limits);
        limits.Validate();
        FeedLimits = limits;
        return this;
    }

    /// <summary>Limits and deadlines of the connections.</summary>
    public FeedBuilder Options(EndpointOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        EndpointOptions = options;
        return this;
    }

    /// <summary>Answers commands. Default: none is known.</summary>
    public FeedBuilder OnCommand(FeedCommandHandler handler)
    {
        CommandHandler = handler;
        return this;
    }

    /// <summary>Demands a login, and checks it. Default: everybody may do what is allowed to anybody.</summary>
    public FeedBuilder Authenticate(FeedAuthenticator authenticator)
    {
        Authenticator = authenticator;
        return this;
    }

    /// <summary>Who may publish, and where. Default: nobody.</summary>
    public FeedBuilder AllowPublish(FeedPublishRule rule)
    {
        PublishRule = rule;
        return this;
    }

    /// <summary>Where handlers that threw are told. Default: nowhere.</summary>
    public FeedBuilder Logging(ILogger logger)
    {
        ArgumentNullException.ThrowIfNull(logger);
        Logger = logger;
        return this;
    }

    /// <summary>The clock of deadlines. Default: the system's.</summary>
    public FeedBuilder Time(TimeProvider time)
    {
        ArgumentNullException.ThrowIfNull(time);
        TimeProvider = time;
        return this;
    }
}

/// <summary>The Feed protocol for endpoints.</summary>
public static class FeedEndpointExtensions
{
    /// <summary>
    /// Speaks the Feed protocol (<c>docs/protocols/feed.md</c>): clients subscribe to the hub's topics and, where it is
    /// allowed, publish and send commands.
    /// </summary>
    /// <param name="endpoint">The endpoint; its framing, options, handlers and writers are set here.</param>
    /// <param name="configure">Limits and the application's part. Default: reading only.</param>
    public static EndpointBuilder<FeedSession> UseFeed(
        this EndpointBuilder<object?> endpoint, Action<FeedBuilder>? configure = null)
    {
        ArgumentNullException.ThrowIfNull(endpoint);
        var feed = new FeedBuilder();
        configure?.Invoke(feed);
        return new FeedEndpoint(feed).Describe(endpoint);
    }
}
