using System.CommandLine;
using System.Text.Json.Nodes;
using Longwire.Load.Protocols;
using Longwire.Load.Workloads;

namespace Longwire.Load.Scenarios;

/// <summary>One request per connection is outstanding: how long does an answer take, what does it cost?</summary>
internal sealed class EchoScenario : Scenario
{
    private readonly Option<int> _size = OptionTypes.Count(
        "--size", 100, EchoRequest.HeaderBytes, "payload bytes of a request", ClientProtocol.MaxPayloadBytes);

    private readonly Option<double> _rate = OptionTypes.Number(
        "--rate", 1000, "requests a second of all together, in turn (open loop: latency counts from when one was due)");

    private readonly Option<StepList?> _ramp = OptionTypes.Steps(
        "--ramp", "measure with so many users, one number after the other, each for --duration");

    internal override string Name => "echo";

    internal override string Description => "every connection asks, waits for the answer, and asks again";

    internal override IReadOnlyList<Option> Options => [_size, _rate, _ramp, Tls];

    internal override LoadPlan Plan(ParseResult arguments, string server, ClientProtocol protocol)
    {
        Require(protocol.HasEcho, protocol, "echo");
        bool isOpen = arguments.GetResult(_rate) is { Implicit: false };
        if (isOpen && Steps(arguments) is not null)
            throw new ArgumentException("--ramp and --rate exclude each other: give one.");
        return new LoadPlan
        {
            Kind = WorkloadKind.Echo,
            Server = server,
            Protocol = protocol.Name,
            Connections = Steps(arguments) is { } steps ? steps[^1] : arguments.GetValue(Connections),
            Size = arguments.GetValue(_size),
            Rate = isOpen ? arguments.GetValue(_rate) : 0,
            Tls = TlsOf(arguments),
        };
    }

    internal override int[]? Steps(ParseResult arguments) => arguments.GetValue(_ramp)?.Numbers;

    internal override string Title(LoadPlan plan) =>
        $"echo {Number(plan.Connections)} × {Bytes(plan.Size)}"
        + (plan.Rate > 0 ? $", {plan.Rate} requests/s" : "") + Over(plan);

    internal override JsonObject Parameters(LoadPlan plan)
    {
        JsonObject parameters = base.Parameters(plan);
        parameters["size"] = plan.Size;
        if (plan.Rate > 0)
            parameters["rate"] = plan.Rate;
        return parameters;
    }
}
