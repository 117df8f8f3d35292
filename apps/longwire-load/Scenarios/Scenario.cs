using System.CommandLine;
using System.Globalization;
using System.Text.Json.Nodes;
using Longwire.Load.Protocols;
using Longwire.Load.Workloads;

namespace Longwire.Load.Scenarios;

/// <summary>What clients do, as the command line says it: its options, its plan, its words.</summary>
internal abstract class Scenario
{
    internal static readonly Option<int> Connections = OptionTypes.Count(
        "--connections", 1000, 1, "connections of clients", 1_000_000);

    protected static readonly Option<int> Size = OptionTypes.Count(
        "--size", 128, PushMessage.HeaderBytes, "payload bytes of a message", ClientProtocol.MaxPayloadBytes);

    protected static readonly Option<bool> Tls = new("--tls")
    {
        Description = "over TLS 1.3, whatever the server's certificate; needs OpenSSL 3",
    };

    /// <summary>All of them, in the order of the help.</summary>
    internal static IReadOnlyList<Scenario> All { get; } =
        [new FanoutScenario(), new EchoScenario(), new IngestScenario(), new StormScenario(), new IdleScenario()];

    internal abstract string Name { get; }

    internal abstract string Description { get; }

    /// <summary>Its own options, beside <see cref="Connections"/>.</summary>
    internal abstract IReadOnlyList<Option> Options { get; }

    /// <summary>Memory is what it measures; it has no duration.</summary>
    internal virtual bool MeasuresMemory => false;

    /// <summary>How long it waits before it measures if nobody says so.</summary>
    internal TimeSpan UsualSettle => MeasuresMemory ? TimeSpan.FromSeconds(3) : TimeSpan.Zero;

    /// <summary>Reads its options into a plan against a server.</summary>
    /// <exception cref="ArgumentException">Options contradict each other, or the protocol cannot do it.</exception>
    internal abstract LoadPlan Plan(ParseResult arguments, string server, ClientProtocol protocol);

    /// <summary>The numbers of connections at which it measures, or null for all at once.</summary>
    internal virtual int[]? Steps(ParseResult arguments) => null;

    /// <summary>A few words on the plan.</summary>
    internal abstract string Title(LoadPlan plan);

    /// <summary>The plan's values for the result file.</summary>
    internal virtual JsonObject Parameters(LoadPlan plan)
    {
        var parameters = new JsonObject { ["connections"] = plan.Connections };
        if (plan.Tls != TlsUse.None)
            parameters["tls"] = plan.Tls == TlsUse.Resumed ? "resumed" : "full";
        return parameters;
    }

    /// <summary>What the title says about TLS.</summary>
    protected static string Over(LoadPlan plan) => plan.Tls == TlsUse.None ? "" : ", TLS";

    protected static TlsUse TlsOf(ParseResult arguments) => arguments.GetValue(Tls) ? TlsUse.Full : TlsUse.None;

    protected static string Number(long value) => value.ToString("N0", CultureInfo.InvariantCulture);

    protected static string Bytes(int size) =>
        size >= 1024 && size % 1024 == 0 ? $"{size >> 10} KiB" : $"{Number(size)} B";

    protected static void Require(bool can, ClientProtocol protocol, string what)
    {
        if (!can)
            throw new ArgumentException($"--protocol {protocol.Name} cannot {what}; choose another one.");
    }
}
