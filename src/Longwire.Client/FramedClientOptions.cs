using System.Diagnostics.CodeAnalysis;
using Longwire.Transport;
using Longwire.Transport.Layers;
using Microsoft.Extensions.Logging;
using Microsoft.Extensions.Logging.Abstractions;

namespace Longwire;

/// <summary>A message from the server; valid for the length of the call, on the client's loop: do not block.</summary>
public delegate void FramedMessageHandler(FramedClient client, ReadOnlySpan<byte> message);

/// <summary>How to reach a server and to come back to it.</summary>
public record ConnectOptions
{
    /// <summary>
    /// Where the server is: <c>tcp://HOST:PORT</c>, <c>tls://HOST:PORT</c>, <c>HOST:PORT</c> or <c>unix:///PATH</c>.
    /// Several are tried in their order, from the one that worked last. Required.
    /// </summary>
    public required IReadOnlyList<string> Servers { get; init; }

    /// <summary>The thread that serves the client. Default: <see cref="ClientLoop.Shared"/>.</summary>
    public ClientLoop? Loop { get; init; }

    /// <summary>
    /// What TLS needs to know for a host of <see cref="Servers"/> with <c>tls://</c>. Default: the host's name, checked
    /// against the authorities that the system trusts.
    /// </summary>
    public Func<string, TlsClientOptions> Tls { get; init; } =
        static host => new TlsClientOptions { TargetHost = host };

    /// <summary>Other layers for a host, from the socket upwards; they lie on TLS. Default: none.</summary>
    public Func<string, IReadOnlyList<Layer>> Layers { get; init; } = static _ => [];

    /// <summary>Socket options.</summary>
    public TcpOptions Tcp { get; init; } = TcpOptions.Default;

    /// <summary>Time for one attempt: the name's look-up, the connect, the layers' handshakes. Default: 10 s.</summary>
    public TimeSpan ConnectTimeout { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// The wait after a connection was lost, or no server could be reached; it doubles with each round of failures, and
    /// a random part of up to a half is taken off. Default: 0.5 s.
    /// </summary>
    public TimeSpan MinBackOff { get; init; } = TimeSpan.FromSeconds(0.5);

    /// <summary>The longest of these waits. Default: 30 s.</summary>
    public TimeSpan MaxBackOff { get; init; } = TimeSpan.FromSeconds(30);

    /// <summary>Most bytes that wait to be sent; one message is taken when none do. Default: 16 MiB.</summary>
    public int SendBytes { get; init; } = 16 << 20;

    /// <summary>Told of connections and failures. Default: nobody.</summary>
    public ILogger Logger { get; init; } = NullLogger.Instance;

    /// <summary>Checks the ranges.</summary>
    /// <exception cref="ArgumentException">A value is out of range; the message names it.</exception>
    internal virtual IReadOnlyList<ServerAddress> Validate()
    {
        Check(Servers is { Count: > 0 }, nameof(Servers), "at least one address");
        Check(ConnectTimeout > TimeSpan.Zero, nameof(ConnectTimeout), "a positive time");
        Check(MinBackOff > TimeSpan.Zero, nameof(MinBackOff), "a positive time");
        Check(MaxBackOff >= MinBackOff, nameof(MaxBackOff), "at least MinBackOff");
        Check(SendBytes >= 1, nameof(SendBytes), "at least 1 byte");
        try
        {
            return [.. Servers.Select(ServerAddress.Parse)];
        }
        catch (FormatException bad)
        {
            throw new ArgumentException($"{GetType().Name}.Servers: {bad.Message}", bad);
        }
    }

    private protected void Check(bool valid, string option, string needed)
    {
        if (!valid)
            throw new ArgumentException($"{GetType().Name}.{option} must be {needed}.");
    }
}

/// <summary>A client of a protocol of one's own.</summary>
public sealed record FramedClientOptions : ConnectOptions
{
    /// <summary>The defaults, and what is required.</summary>
    public FramedClientOptions()
    {
    }

    /// <summary>The same way to a server, for a protocol that is built on this one.</summary>
    [SetsRequiredMembers]
    internal FramedClientOptions(ConnectOptions connect)
        : base(connect)
    {
        Codec = null!; // set where it is made, as is what takes the messages
        OnMessage = null!;
    }

    /// <summary>How the stream is cut into messages. Required.</summary>
    public required Codec Codec { get; init; }

    /// <summary>Told each message.</summary>
    public required FramedMessageHandler OnMessage { get; init; }

    /// <summary>
    /// Told that a connection is open, on the client's loop: the place for a login's first message. Default: nothing.
    /// </summary>
    public Action<FramedClient>? OnConnected { get; init; }

    /// <summary>Told that a connection has ended and why, on the client's loop. Default: nothing.</summary>
    public Action<FramedClient, string>? OnDisconnected { get; init; }

    /// <summary>
    /// Time without a byte from the server after which the connection is cut. Default: infinite; then only the
    /// system's keep-alive finds a dead server.
    /// </summary>
    public TimeSpan SilenceTimeout { get; init; } = Timeout.InfiniteTimeSpan;

    /// <summary>
    /// Called after each third of <see cref="SilenceTimeout"/> without a byte, on the client's loop: the place for a
    /// question that the server answers. Default: nothing.
    /// </summary>
    public Action<FramedClient>? OnSilence { get; init; }

    internal override IReadOnlyList<ServerAddress> Validate()
    {
        Check(Codec is not null, nameof(Codec), "set");
        Check(OnMessage is not null, nameof(OnMessage), "set");
        Check(SilenceTimeout > TimeSpan.Zero || SilenceTimeout == Timeout.InfiniteTimeSpan, nameof(SilenceTimeout),
            "a positive time, or Timeout.InfiniteTimeSpan");
        return base.Validate();
    }
}
