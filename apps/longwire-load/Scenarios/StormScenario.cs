using System.CommandLine;
using System.Text.Json.Nodes;
using Longwire.Load.Protocols;
using Longwire.Load.Workloads;

namespace Longwire.Load.Scenarios;

/// <summary>All connections end at once and come again, each with a first frame that is answered.</summary>
internal sealed class StormScenario : Scenario
{
    private const string Abort = "abort";

    private readonly Option<string> _drop = new("--drop")
    {
        Description = "how connections end: abort (RST, leaves no TIME_WAIT behind) or close (FIN)",
        DefaultValueFactory = static _ => Abort,
    };

    private readonly Option<bool> _resume = new("--resume")
    {
        Description = "resume TLS sessions; without it each handshake is a full one",
    };

    internal StormScenario() => _drop.AcceptOnlyFromAmong(Abort, "close");

    internal override string Name => "storm";

    internal override string Description => "drop all connections and connect them again, round after round";

    internal override IReadOnlyList<Option> Options => [_drop, Tls, _resume];

    internal override LoadPlan Plan(ParseResult arguments, string server, ClientProtocol protocol)
    {
        int connections = arguments.GetValue(Connections);
        TlsUse tls = TlsOf(arguments);
        if (arguments.GetValue(_resume))
            tls = tls == TlsUse.Full ? TlsUse.Resumed : throw new ArgumentException("--resume needs --tls.");
        return new LoadPlan
        {
            Kind = WorkloadKind.Storm,
            Server = server,
            Protocol = protocol.Name,
            Connections = connections,
            Subscribers = protocol.HasTopics ? connections : 0,
            Tls = tls,
            Aborts = arguments.GetValue(_drop) == Abort,
        };
    }

    internal override string Title(LoadPlan plan) =>
        $"storm {Number(plan.Connections)}, ended by {(plan.Aborts ? "RST" : "FIN")}"
        + plan.Tls switch { TlsUse.None => "", TlsUse.Full => ", full TLS handshakes", _ => ", resumed TLS sessions" };

    internal override JsonObject Parameters(LoadPlan plan)
    {
        JsonObject parameters = base.Parameters(plan);
        parameters["drop"] = plan.Aborts ? Abort : "close";
        return parameters;
    }
}
