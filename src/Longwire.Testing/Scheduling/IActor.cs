namespace Longwire.Testing;

/// <summary>
/// Something that a <see cref="LoopScheduler"/> may give a turn: a loop, the network, a pool, a test's clients.
/// </summary>
public interface IActor
{
    /// <summary>A name for failures.</summary>
    string Name { get; }

    /// <summary>True when a turn would do something now; must not change anything.</summary>
    bool IsRunnable { get; }

    /// <summary>One turn.</summary>
    void Step();
}
