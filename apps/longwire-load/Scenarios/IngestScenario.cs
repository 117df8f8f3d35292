using System.CommandLine;
using System.Text.Json.Nodes;
using Longwire.Load.Protocols;
using Longwire.Load.Workloads;

namespace Longwire.Load.Scenarios;

/// <summary>Every connection publishes at full rate, and nobody subscribed: what does reading cost?</summary>
internal sealed class IngestScenario : Scenario
{
    internal override string Name => "ingest";

    internal override string Description => "every connection publishes at full rate, and nobody subscribed";

    internal override IReadOnlyList<Option> Options => [Size];

    internal override LoadPlan Plan(ParseResult arguments, string server, ClientProtocol protocol)
    {
        Require(protocol.HasTopics, protocol, "publish");
        return new LoadPlan
        {
            Kind = WorkloadKind.Ingest,
            Server = server,
            Protocol = protocol.Name,
            Connections = arguments.GetValue(Connections),
            Size = arguments.GetValue(Size),
        };
    }

    internal override string Title(LoadPlan plan) => $"ingest {Number(plan.Connections)} × {Bytes(plan.Size)}";

    internal override JsonObject Parameters(LoadPlan plan)
    {
        JsonObject parameters = base.Parameters(plan);
        parameters["size"] = plan.Size;
        return parameters;
    }
}
