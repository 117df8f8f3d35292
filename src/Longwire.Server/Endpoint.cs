using System.Buffers;
using Longwire.Primitives;
using Longwire.Transport;
using Longwire.Transport.Layers;
using Microsoft.Extensions.Logging;

namespace Longwire;

/// <summary>A validated endpoint: what the builder collected, ready to serve.</summary>
/// <remarks>Owner: the server. Concurrency: immutable after construction.</remarks>
internal sealed class Endpoint
{
    internal readonly int Index;
    internal readonly ListenAddress Address;
    internal readonly Codec Codec;
    internal readonly EndpointOptions Options;
    internal readonly EndpointHandlers Handlers;
    internal readonly MessageEncoder Encoder;
    internal readonly byte[]? Heartbeat;
    internal readonly byte[]? Goodbye;
    internal readonly IReadOnlyList<Layer> Layers; // from the socket upwards
    internal readonly bool IsOptional;
    internal readonly TrustedProxies? Proxies; // null: no PROXY headers here

    internal Endpoint(int index, EndpointDraft draft, Hub hub, TimeProvider time, ILogger logger)
    {
        Index = index;
        Address = ListenAddress.Parse(draft.Address);
        IsOptional = draft.IsOptional;
        Codec plain = draft.Codec ?? throw new ArgumentException(
            $"Endpoint {draft.Address}: call Framing(…), such as Framing(Lines.Utf8(maxBytes: 4096)).");
        draft.Deflate?.Validate(draft.Address);
        Codec = draft.Deflate is { } deflate ? new DeflatedCodec(plain, deflate) : plain;
        Options = draft.Options;
        Options.Validate(draft.Address);
        Handlers = draft.Handlers!;
        if (Handlers.IsInline && Handlers.IsPull)
            throw new ArgumentException($"Endpoint {draft.Address}: choose OnMessageInline or OnConnection, not both.");
        Encoder = new EndpointEncoder(Codec, draft, hub, logger);
        Heartbeat = draft.Heartbeat;
        Goodbye = draft.Goodbye;
        IEnumerable<Layer> layers = draft.Layers.Select(make => make(time));
        // On top: what is compressed is what the others carry.
        Layers = draft.Deflate?.Inbound is { } inbound ? [.. layers, new InflateLayer(inbound)] : [.. layers];
        Proxies = draft.TrustedProxies is { } trusted ? TrustedProxies.Parse(draft.Address, trusted) : null;
    }

    /// <summary>
    /// The endpoint's encoding of hub messages, made once per message and shared by all its connections.
    /// </summary>
    private sealed class EndpointEncoder(Codec codec, EndpointDraft draft, Hub hub, ILogger logger)
        : MessageEncoder(hub)
    {
        [ThreadStatic]
        private static ArrayBufferWriter<byte>? t_writer;

        private readonly SlabPool _pool = hub.Pool;

        internal override Frame? EncodeGap(Topic topic, long count)
        {
            if (draft.GapWriter is not { } write)
                return null;
            ArrayBufferWriter<byte> output = Writer();
            try
            {
                write(topic, count, output);
                return Frame(output.WrittenSpan);
            }
            catch (Exception exception)
            {
                Log.WriterFailed(logger, exception, draft.Address, topic.Name);
                return null;
            }
        }

        internal override Frame? EncodeSnapshotEnd(TopicFilter filter)
        {
            if (draft.SnapshotEndWriter is not { } write)
                return null;
            ArrayBufferWriter<byte> output = Writer();
            try
            {
                write(filter, output);
                return Frame(output.WrittenSpan);
            }
            catch (Exception exception)
            {
                Log.WriterFailed(logger, exception, draft.Address, filter.ToString());
                return null;
            }
        }

        protected override Frame? Encode(Topic topic, long sequence, Frame payload)
        {
            try
            {
                if (draft.DeliveryWriter is not { } write)
                    return Frame(payload.Span);
                ArrayBufferWriter<byte> output = Writer();
                write(topic, sequence, payload.Span, output);
                return Frame(output.WrittenSpan);
            }
            catch (Exception exception)
            {
                // In the middle of a fan-out: it counts as dropped here, and all others get theirs.
                Log.WriterFailed(logger, exception, draft.Address, topic.Name);
                return null;
            }
        }

        private static ArrayBufferWriter<byte> Writer()
        {
            ArrayBufferWriter<byte> writer = t_writer ??= new ArrayBufferWriter<byte>(1024);
            writer.ResetWrittenCount();
            return writer;
        }

        private Frame? Frame(ReadOnlySpan<byte> payload)
        {
            Outgoing.TryEncode(codec, payload, _pool, out Frame? frame);
            return frame;
        }
    }
}
