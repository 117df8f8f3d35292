using System.Collections.Immutable;
using Longwire.Transport;

namespace Longwire.Testing;

/// <summary>Which of the two seams a connection's wires imitate.</summary>
public enum WireStyle
{
    /// <summary>Edges of readiness; a write takes what fits (epoll).</summary>
    Readiness,

    /// <summary>
    /// Completions through the inbox; a write that does not fit is pending and owns its segments (framework sockets).
    /// </summary>
    Completion,

    /// <summary>The seed chooses for each wire.</summary>
    Mixed,
}

/// <summary>
/// What goes wrong in a <see cref="MemoryNetwork"/>, and how often. Each probability is from 0 (never) to 1.
/// </summary>
public sealed record FaultPlan
{
    /// <summary>Nothing goes wrong: bytes arrive whole and at once.</summary>
    public static FaultPlan None { get; } = new();

    /// <summary>Which seam is imitated. Default: <see cref="Testing.WireStyle.Readiness"/>.</summary>
    public WireStyle WireStyle { get; init; }

    /// <summary>Bytes that one direction of a connection holds, under way and unread. Default: 64 KiB.</summary>
    public int BufferBytes { get; init; } = 64 << 10;

    /// <summary>
    /// Bytes wait until the network has its turn, so that others run between sending and arriving. Default: 0.
    /// </summary>
    public double InFlight { get; init; }

    /// <summary>Bytes that are sent arrive in random pieces.</summary>
    public double Split { get; init; }

    /// <summary>A piece, a FIN, a reset or a new connection arrives later, never out of order.</summary>
    public double Delay { get; init; }

    /// <summary>The longest such delay. Default: 200 ms.</summary>
    public TimeSpan LongestDelay { get; init; } = TimeSpan.FromMilliseconds(200);

    /// <summary>A write takes less than fits, or, in the completion style, is pending though there is room.</summary>
    public double PartialWrite { get; init; }

    /// <summary>A poll tells a wire that it is readable when it may have nothing to read.</summary>
    public double SpuriousReady { get; init; }

    /// <summary>The network resets a connection, both ends of it, when something arrives.</summary>
    public double Reset { get; init; }

    /// <summary>A <see cref="MemoryPeer"/> stops reading for a while when something arrives.</summary>
    public double Stall { get; init; }

    /// <summary>The longest stall. Default: 5 s.</summary>
    public TimeSpan LongestStall { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>An accept fails with one of <see cref="AcceptErrors"/>.</summary>
    public double AcceptError { get; init; }

    /// <summary>The errors of failing accepts. Default: all that a listener recovers from.</summary>
    public ImmutableArray<TransportError> AcceptErrors { get; init; } =
    [
        TransportError.AbortedBeforeAccept, TransportError.Reset, TransportError.Unreachable,
        TransportError.DescriptorsExhausted, TransportError.OutOfMemory, TransportError.Other,
    ];

    /// <summary>A new connection waits for the end of a burst window, so that many arrive at once.</summary>
    public double AcceptBurst { get; init; }

    /// <summary>The length of a burst window. Default: 100 ms.</summary>
    public TimeSpan BurstWindow { get; init; } = TimeSpan.FromMilliseconds(100);

    /// <summary>A dial is never answered and ends by its own timeout.</summary>
    public double Unanswered { get; init; }

    /// <summary>
    /// A plan drawn from a seed: each fault is left out, rare, or frequent, independently of the others.
    /// </summary>
    /// <remarks>Leaving some out finds more than all of them always (Groce et al. 2012, "Swarm testing").</remarks>
    public static FaultPlan Draw(SeededRandom random)
    {
        ArgumentNullException.ThrowIfNull(random);
        return new()
        {
            WireStyle = (WireStyle)random.Next(3),
            BufferBytes = 1 << random.Between(9, 16), // 512 bytes to 64 KiB
            InFlight = Rate(random, 0.9),
            Split = Rate(random, 0.5),
            Delay = Rate(random, 0.3),
            PartialWrite = Rate(random, 0.3),
            SpuriousReady = Rate(random, 0.1),
            Reset = Rate(random, 0.002),
            Stall = Rate(random, 0.01),
            AcceptError = Rate(random, 0.1),
            AcceptBurst = Rate(random, 0.5),
            Unanswered = Rate(random, 0.05),
        };
    }

    private static double Rate(SeededRandom random, double frequent) => random.Next(3) switch
    {
        0 => 0,
        1 => frequent / 10,
        _ => frequent,
    };
}
