using System.IO.Compression;

namespace Longwire.Transport.Layers;

/// <summary>Inflates what is read from the stream below; what is written goes there as it is.</summary>
/// <remarks>Owner: its wire. Concurrency: one read at a time. Bound: see <see cref="InflateOptions"/>.</remarks>
internal sealed class InflateStream : PassThroughStream
{
    private const int StretchBytes = 16 << 10; // of input; then both counts are halved
    private const int LeastShare = 16; // a byte of output for so many of input; a lone byte, flushed, takes 7 to 11

    private readonly InflateOptions _options;
    private readonly Counted _input;
    private DeflateStream? _inflater; // with the first read: its window is made at once
    private long _output;

    internal InflateStream(Stream below, InflateOptions options)
        : base(below)
    {
        _options = options;
        _input = new Counted(below, this);
    }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_inflater is null)
        {
            await Below.ReadAsync(Memory<byte>.Empty, cancellationToken).ConfigureAwait(false);
            _inflater = new DeflateStream(_input, CompressionMode.Decompress, leaveOpen: true);
        }
        int count = await InflateAsync(_inflater, buffer, cancellationToken).ConfigureAwait(false);
        if (count == 0 && !buffer.IsEmpty)
            await ExpectEndAsync(cancellationToken).ConfigureAwait(false);
        _output += count;
        if (_output > _options.MaxOutputBytes
            || _output - InflateOptions.FreeBytes > (long)_options.MaxRatio * _input.Bytes)
        {
            throw new WireException(TransportError.Excessive);
        }
        return count;
    }

    /// <summary>After a final block there is no more to inflate: what may come then is FIN.</summary>
    private async ValueTask ExpectEndAsync(CancellationToken cancellationToken)
    {
        if (!_input.HasEnded && await _input.ReadAsync(new byte[1], cancellationToken).ConfigureAwait(false) != 0)
            throw new WireException(TransportError.Corrupted);
    }

    /// <summary>
    /// A peer that has flushed may send FIN without a final block, which the framework calls truncated; whether a
    /// message was cut off is for its codec to say.
    /// </summary>
    private async ValueTask<int> InflateAsync(
        DeflateStream inflater, Memory<byte> buffer, CancellationToken cancellationToken)
    {
        try
        {
            return await inflater.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (InvalidDataException) when (_input.HasEnded)
        {
            return 0;
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            _inflater?.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>
    /// Counts the compressed bytes of a stretch. The inflater asks for more when all that it had is inflated, so blocks
    /// that give nothing show here, however many of them it takes within one read.
    /// </summary>
    private sealed class Counted(Stream below, InflateStream owner) : PassThroughStream(below)
    {
        internal int Bytes { get; private set; }

        /// <summary>The peer's FIN has come.</summary>
        internal bool HasEnded { get; private set; }

        public override async ValueTask<int> ReadAsync(
            Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int count = await Below.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            HasEnded |= count == 0;
            if (Bytes + count > StretchBytes)
            {
                if (owner._output < Bytes / LeastShare)
                    throw new WireException(TransportError.Excessive);
                Bytes /= 2;
                owner._output /= 2;
            }
            Bytes += count;
            return count;
        }
    }
}
