namespace Longwire.Primitives.Tests;

public sealed class CloseReasonTests
{
    /// <summary>Logs, metrics and wires carry these; a line here is added, never changed.</summary>
    private static readonly Dictionary<string, (int Number, ReconnectAdvice Advice)> Contract = new()
    {
        ["None"] = (0, ReconnectAdvice.WhenNeeded),
        ["PeerClosed"] = (100, ReconnectAdvice.WhenNeeded),
        ["PeerReset"] = (101, ReconnectAdvice.WithBackoff),
        ["PeerUnresponsive"] = (102, ReconnectAdvice.WithBackoff),
        ["ClosedByApplication"] = (200, ReconnectAdvice.WhenNeeded),
        ["AbortedByApplication"] = (201, ReconnectAdvice.WithBackoff),
        ["IdleTimeout"] = (202, ReconnectAdvice.WhenNeeded),
        ["SlowConsumer"] = (203, ReconnectAdvice.WithBackoff),
        ["WriteStalled"] = (204, ReconnectAdvice.WithBackoff),
        ["TooManyConnections"] = (205, ReconnectAdvice.WithBackoff),
        ["TooManyFromAddress"] = (206, ReconnectAdvice.WithBackoff),
        ["MemoryPressure"] = (207, ReconnectAdvice.WithBackoff),
        ["HandlerFailed"] = (208, ReconnectAdvice.WithBackoff),
        ["LingerTimeout"] = (209, ReconnectAdvice.WithBackoff),
        ["HandshakeTimeout"] = (210, ReconnectAdvice.WithBackoff),
        ["Replaced"] = (211, ReconnectAdvice.WhenNeeded), // at once would push the newer one out in turn
        ["UntrustedProxy"] = (220, ReconnectAdvice.AfterRepair),
        ["ProxyHeaderTimeout"] = (221, ReconnectAdvice.WithBackoff),
        ["MalformedFrame"] = (300, ReconnectAdvice.AfterRepair),
        ["FrameTooLarge"] = (301, ReconnectAdvice.AfterRepair),
        ["TruncatedFrame"] = (302, ReconnectAdvice.AfterRepair),
        ["HandshakeFailed"] = (303, ReconnectAdvice.AfterRepair),
        ["InvalidProxyHeader"] = (310, ReconnectAdvice.AfterRepair),
        ["TransportError"] = (400, ReconnectAdvice.WithBackoff),
        ["ServerShutdown"] = (500, ReconnectAdvice.AfterHint),
    };

    [Fact]
    public void Every_reason_has_a_stable_number_and_an_advice() =>
        // A new member fails here until somebody has decided what its peer should do.
        Assert.Equal(
            Contract.OrderBy(entry => entry.Value.Number).Select(entry => (entry.Key, entry.Value)),
            Enum.GetValues<CloseReason>().Select(reason => (reason.ToString(), ((int)reason, reason.Advice()))));

    [Fact]
    public void The_hundreds_digit_is_one_of_the_five_groups() =>
        Assert.All(Enum.GetValues<CloseReason>(), reason => Assert.InRange((int)reason / 100, 0, 5));
}
