using System.Net.Security;

namespace Longwire.Transport.Layers;

/// <summary>
/// A <see cref="NegotiateStream"/> that tells the end between two records, which is the end of the stream, from one
/// inside a record, which is an error; the framework's throws for both.
/// </summary>
/// <remarks>Owner: its wire. Concurrency: one read and one write at a time. Bound: see <see
/// cref="NegotiateServerLayer"/>.</remarks>
internal sealed class NegotiatedStream : PassThroughStream
{
    private readonly Records _records;

    internal NegotiatedStream(Stream below)
        : this(new Records(below))
    {
    }

    private NegotiatedStream(Records records)
        : this(records, new NegotiateStream(records, leaveInnerStreamOpen: true))
    {
    }

    private NegotiatedStream(Records records, NegotiateStream negotiation)
        : base(negotiation)
    {
        _records = records;
        Negotiation = negotiation;
    }

    internal NegotiateStream Negotiation { get; }

    /// <summary>The handshake has ended: from here on the peer sends records.</summary>
    internal void BeginRecords() => _records.HaveBegun = true;

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        try
        {
            return await Negotiation.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
        }
        catch (IOException) when (_records.HaveEnded)
        {
            return 0;
        }
    }

    protected override void Dispose(bool disposing)
    {
        if (disposing)
            Negotiation.Dispose();
        base.Dispose(disposing);
    }

    /// <summary>
    /// Follows the records as they are read: a header of four bytes, and as many as it says (MS-NNS §2.2.2). The
    /// reader asks for exactly what is missing of either.
    /// </summary>
    private sealed class Records(Stream below) : PassThroughStream(below)
    {
        private bool _isInBody;
        private int _left; // of the header or the body that was begun

        internal bool HaveBegun { get; set; }

        /// <summary>The peer's FIN came between two records.</summary>
        internal bool HaveEnded { get; private set; }

        public override async ValueTask<int> ReadAsync(
            Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            int count = await Below.ReadAsync(buffer, cancellationToken).ConfigureAwait(false);
            if (!HaveBegun)
                return count;
            bool isBetween = _left == 0 && !_isInBody;
            HaveEnded = count == 0 && isBetween;
            if (_left == 0)
                _left = buffer.Length;
            _left -= count;
            if (_left == 0)
                _isInBody = !_isInBody;
            return count;
        }
    }
}
