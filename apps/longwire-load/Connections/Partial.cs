using Longwire.Load.Protocols;
using Longwire.Primitives;

namespace Longwire.Load.Connections;

/// <summary>The beginning of a reply whose rest has not arrived.</summary>
/// <remarks>
/// Owner: its connection. Concurrency: the driver's loop. Bound: one reply; the lease goes back when it is complete.
/// </remarks>
internal struct Partial
{
    private Lease? _lease;
    private int _held;
    private int _needed; // 0: up to the next line feed

    internal readonly bool IsEmpty => _held == 0;

    internal readonly ReadOnlySpan<byte> Span => _lease!.Span[.._held];

    internal void Begin(ReadOnlySpan<byte> input, int needed, LoadLoop owner)
    {
        _needed = needed;
        Append(input, owner);
    }

    /// <summary>
    /// Takes what the reply lacks off <paramref name="input"/>; false, with the input used up, when it still lacks
    /// some.
    /// </summary>
    internal bool TryComplete(ref ReadOnlySpan<byte> input, LoadLoop owner, out Reply reply)
    {
        while (!input.IsEmpty)
        {
            int taken = Math.Min(_needed > 0 ? _needed - _held : ToLineEnd(input), input.Length);
            Append(input[..taken], owner);
            input = input[taken..];
            if (_held < _needed)
                continue;
            reply = owner.Protocol.Decode(Span);
            if (reply.Kind != ReplyKind.Incomplete)
                return true;
            _needed = reply.Bytes;
        }
        reply = default;
        return false;
    }

    internal void Drop()
    {
        _lease?.Return();
        _lease = null;
        _held = 0;
    }

    private static int ToLineEnd(ReadOnlySpan<byte> input)
    {
        int line = input.IndexOf((byte)'\n');
        return line < 0 ? input.Length : line + 1;
    }

    private void Append(ReadOnlySpan<byte> bytes, LoadLoop owner)
    {
        int most = _held + bytes.Length;
        if (_lease is null || _lease.Capacity < most)
        {
            Lease larger = owner.Rent(Math.Max(most, Math.Min(_needed, 2 * most)));
            _lease?.Span[.._held].CopyTo(larger.Span);
            _lease?.Return();
            _lease = larger;
        }
        bytes.CopyTo(_lease.Span[_held..]);
        _held = most;
    }
}
