namespace Longwire.Load.Protocols;

/// <summary>How a client of one protocol speaks: pure, without state, shared by all connections.</summary>
/// <remarks>
/// The state of a stream is its unfinished reply alone, which the connection keeps, so an idle connection needs no
/// decoder.
/// </remarks>
internal abstract class ClientProtocol
{
    /// <summary>The one topic that is published and subscribed to, where a protocol has names.</summary>
    protected const string Topic = "b";

    /// <summary>Longest payload: what PushLab servers take.</summary>
    internal const int MaxPayloadBytes = 1 << 20;

    private static readonly ClientProtocol[] s_all =
        [new PushLabProtocol(), new LineProtocol(), new MqttProtocol(), new RespProtocol(), new NatsProtocol()];

    internal static ClientProtocol Default => s_all[0];

    internal static IEnumerable<string> Names => s_all.Select(static one => one.Name);

    internal abstract string Name { get; }

    /// <summary>Can publish and subscribe.</summary>
    internal virtual bool HasTopics => true;

    /// <summary>Can send a frame back to its sender.</summary>
    internal virtual bool HasEcho => false;

    /// <summary>Asks for a sign that the server has read all that came before; its answer is Ready.</summary>
    internal abstract ReadOnlyMemory<byte> Probe { get; }

    /// <summary>The answer to <see cref="ReplyKind.Ping"/>.</summary>
    internal virtual ReadOnlyMemory<byte> Pong => default;

    /// <summary>What connection <paramref name="number"/> says first; its last part is answered by Ready.</summary>
    internal abstract ReadOnlyMemory<byte> Greet(int number, bool subscribe);

    /// <summary>Bytes of a message, or of an echo request, on the wire.</summary>
    internal abstract int FrameBytes(int payloadBytes);

    /// <summary>Writes all but the payload and returns the payload's place.</summary>
    internal abstract Span<byte> WriteFrame(Span<byte> frame, int payloadBytes);

    /// <summary>Reads the first reply of <paramref name="input"/>, which is not empty.</summary>
    internal abstract Reply Decode(ReadOnlySpan<byte> input);

    /// <exception cref="ArgumentException">There is no such protocol.</exception>
    internal static ClientProtocol Named(string name) =>
        Array.Find(s_all, one => one.Name == name)
        ?? throw new ArgumentException($"There is no protocol '{name}'; choose one of {string.Join(", ", Names)}.");
}
