using Longwire.Primitives;

namespace Longwire.Load.Protocols;

/// <summary>Cuts a connection's bytes into replies; holds the beginning of one whose rest has not arrived.</summary>
/// <remarks>
/// Owner: its connection. Concurrency: the driver's loop. Bound: one reply, in a lease that goes back with the next
/// call after it is complete; between replies it holds nothing. A value, so that an idle connection pays 24 bytes.
/// </remarks>
internal struct ReplyStream
{
    private Lease? _lease;
    private int _held;
    private int _needed; // to go on; 0: up to the next line feed
    private bool _isHandedOut; // the lease belongs to the reply that the caller looks at

    /// <summary>Bytes of an unfinished reply are held.</summary>
    internal readonly bool IsMidReply => _held > 0 && !_isHandedOut;

    /// <summary>Takes the next reply; false, and the input used up, if none is whole.</summary>
    /// <param name="input">Bytes in stream order.</param>
    /// <param name="protocol">What they mean.</param>
    /// <param name="pool">Where memory for the beginning of a reply comes from.</param>
    /// <param name="reply">Valid until the next call and while the input is.</param>
    /// <exception cref="InvalidOperationException">The pool's ceiling is reached.</exception>
    internal bool TryNext(ref ReadOnlySpan<byte> input, ClientProtocol protocol, SlabPool pool, out Reply reply)
    {
        if (_isHandedOut)
            Drop();
        reply = default;
        while (!input.IsEmpty)
        {
            if (_held == 0)
            {
                reply = protocol.Decode(input);
                if (reply.Kind != ReplyKind.Incomplete)
                {
                    input = input[reply.Bytes..];
                    return true;
                }
                _needed = reply.Bytes;
                Hold(ref input, input.Length, pool);
                return false;
            }
            Hold(ref input, _needed > 0 ? _needed - _held : ToLineEnd(input), pool);
            if (_held < _needed)
                return false;
            reply = protocol.Decode(_lease!.Span[.._held]);
            if (reply.Kind != ReplyKind.Incomplete)
            {
                _isHandedOut = true;
                return true;
            }
            _needed = reply.Bytes;
        }
        return false;
    }

    /// <summary>Gives back what is held.</summary>
    internal void Drop()
    {
        _lease?.Return();
        _lease = null;
        _held = 0;
        _isHandedOut = false;
    }

    private static int ToLineEnd(ReadOnlySpan<byte> input)
    {
        int line = input.IndexOf((byte)'\n');
        return line < 0 ? input.Length : line + 1;
    }

    private void Hold(ref ReadOnlySpan<byte> input, int wanted, SlabPool pool)
    {
        ReadOnlySpan<byte> taken = input[..Math.Min(wanted, input.Length)];
        int most = _held + taken.Length;
        if (_lease is null || _lease.Capacity < most)
        {
            if (!pool.TryRent(Math.Max(most, Math.Min(_needed, 2 * most)), LeaseOwner.PartialFrame, out Lease? larger))
                throw new InvalidOperationException("The driver's memory ceiling is reached; lower --size.");
            _lease?.Span[.._held].CopyTo(larger.Span);
            _lease?.Return();
            _lease = larger;
        }
        taken.CopyTo(_lease.Span[_held..]);
        _held = most;
        input = input[taken.Length..];
    }
}
