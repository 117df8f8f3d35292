using Longwire.Primitives;

namespace Longwire.Transport;

/// <summary>A run of pinned bytes to send; whoever passes it keeps the memory until the write has taken it.</summary>
public readonly struct Segment
{
    private readonly Frame _frame;
    private readonly int _from;

    /// <summary>The bytes of <paramref name="frame"/> from <paramref name="from"/> to its end.</summary>
    public Segment(Frame frame, int from = 0)
    {
        ArgumentNullException.ThrowIfNull(frame);
        _frame = frame;
        _from = from;
    }

    /// <summary>Bytes in the segment.</summary>
    public int Length => _frame.Length - _from;

    /// <summary>The bytes.</summary>
    public ReadOnlySpan<byte> Span => _frame.Span[_from..];

    internal Frame Frame => _frame;

    internal ReadOnlyMemory<byte> Memory => new(_frame.Array, _frame.Offset + _from, Length);

    internal nint Address => _frame.Address + _from;

    internal ArraySegment<byte> AsArraySegment() => new(_frame.Array, _frame.Offset + _from, Length);
}
