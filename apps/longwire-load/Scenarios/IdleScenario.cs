using System.CommandLine;
using Longwire.Load.Protocols;
using Longwire.Load.Workloads;

namespace Longwire.Load.Scenarios;

/// <summary>What a connection costs that is subscribed and does nothing: the server's memory by their number.</summary>
internal sealed class IdleScenario : Scenario
{
    private const int UsualSteps = 3;

    private readonly Option<StepList?> _steps = OptionTypes.Steps(
        "--steps", "read the memory at these numbers of connections; thirds of --connections else");

    internal override string Name => "idle";

    internal override string Description => "connect and subscribe in steps, wait, and read the server's memory";

    internal override bool MeasuresMemory => true;

    internal override IReadOnlyList<Option> Options => [_steps, Tls];

    internal override LoadPlan Plan(ParseResult arguments, string server, ClientProtocol protocol)
    {
        int connections = Steps(arguments)[^1];
        return new LoadPlan
        {
            Kind = WorkloadKind.Idle,
            Server = server,
            Protocol = protocol.Name,
            Connections = connections,
            Subscribers = protocol.HasTopics ? connections : 0,
            Tls = TlsOf(arguments),
        };
    }

    internal override int[] Steps(ParseResult arguments)
    {
        int all = arguments.GetValue(Connections);
        return arguments.GetValue(_steps)?.Numbers
            ?? [.. Enumerable.Range(1, UsualSteps).Select(step => all * step / UsualSteps).Where(static n => n > 0)];
    }

    internal override string Title(LoadPlan plan) => $"idle {Number(plan.Connections)}{Over(plan)}";
}
