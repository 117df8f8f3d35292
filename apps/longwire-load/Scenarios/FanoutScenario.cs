using System.CommandLine;
using System.Text.Json.Nodes;
using Longwire.Load.Protocols;
using Longwire.Load.Workloads;

namespace Longwire.Load.Scenarios;

/// <summary>Few publish, many subscribe: does all arrive at everyone, in order, how late, at what cost?</summary>
internal sealed class FanoutScenario : Scenario
{
    private readonly Option<int> _subscribers = OptionTypes.Count(
        "--subscribers", 0, 0, "those of the connections that subscribe; 0 is all of them");

    private readonly Option<int> _publishers = OptionTypes.Count(
        "--publishers", 1, 1, "further connections that publish", 1000);

    private readonly Option<int> _window = OptionTypes.Count(
        "--window", 1, 1, "messages in flight per publisher (closed loop)", 10_000);

    private readonly Option<double> _rate = OptionTypes.Number(
        "--rate", 10, "messages a second instead (open loop: latency counts from when a message was due)");

    private readonly Option<int> _stalled = OptionTypes.Count(
        "--stalled", 0, 0, "subscribers that stop reading at the start");

    private readonly Option<TimeSpan> _stallFor = OptionTypes.Time(
        "--stall-for", TimeSpan.FromSeconds(10), "after which they read on");

    private readonly Option<string> _body = new("--body")
    {
        Description = "what messages consist of: pattern, or status (JSON, to be compressed)",
        DefaultValueFactory = static _ => "pattern",
    };

    private readonly Option<int> _private = OptionTypes.Count(
        "--private", 0, 0, "every so many messages a subscriber asks for 100 bytes of its own; 0 is never");

    private readonly Option<bool> _deflate = new("--deflate")
    {
        Description = "the server sends raw deflate (RFC 1951)",
    };

    internal FanoutScenario() => _body.AcceptOnlyFromAmong("pattern", "status");

    internal override string Name => "fanout";

    internal override string Description => "few publish, many subscribe";

    internal override IReadOnlyList<Option> Options =>
        [_subscribers, _publishers, Size, _window, _rate, _stalled, _stallFor, _body, _private, _deflate, Tls];

    internal override LoadPlan Plan(ParseResult arguments, string server, ClientProtocol protocol)
    {
        Require(protocol.HasTopics, protocol, "publish and subscribe");
        int connections = arguments.GetValue(Connections);
        int subscribers = arguments.GetValue(_subscribers) is > 0 and var some ? some : connections;
        int stalled = arguments.GetValue(_stalled);
        bool isOpen = arguments.GetResult(_rate) is { Implicit: false };
        if (isOpen && arguments.GetResult(_window) is { Implicit: false })
            throw new ArgumentException("--window (closed loop) and --rate (open loop) exclude each other: give one.");
        if (subscribers > connections)
            throw new ArgumentException($"--subscribers {subscribers} is more than --connections {connections}.");
        if (arguments.GetValue(_private) > 0)
            Require(protocol.HasEcho, protocol, "echo, which --private needs");
        if (stalled >= subscribers)
            throw new ArgumentException($"--stalled {stalled} leaves none of {subscribers} subscribers that reads.");
        return new LoadPlan
        {
            Kind = WorkloadKind.Fanout,
            Server = server,
            Protocol = protocol.Name,
            Connections = connections,
            Subscribers = subscribers,
            PublishersOfAll = arguments.GetValue(_publishers),
            Size = arguments.GetValue(Size),
            Window = isOpen ? 0 : arguments.GetValue(_window),
            Rate = arguments.GetValue(_rate),
            Stalled = stalled,
            StallFor = arguments.GetValue(_stallFor),
            Body = arguments.GetValue(_body) == "status" ? MessageBody.Status : MessageBody.Pattern,
            PrivateEvery = arguments.GetValue(_private),
            Inflates = arguments.GetValue(_deflate),
            Tls = TlsOf(arguments),
        };
    }

    internal override string Title(LoadPlan plan)
    {
        string who = plan.Subscribers == plan.Connections
            ? Number(plan.Subscribers)
            : $"{Number(plan.Subscribers)} of {Number(plan.Connections)}";
        return $"fan-out {who} × {Bytes(plan.Size)}, "
            + (plan.Window > 0 ? $"{plan.Window} in flight" : $"{plan.Rate} messages/s")
            + (plan.PublishersOfAll > 1 ? $", {plan.PublishersOfAll} publishers" : "")
            + (plan.Stalled > 0 ? $", {plan.Stalled} stalled" : "")
            + (plan.Body == MessageBody.Status ? ", status" : "")
            + (plan.PrivateEvery > 0 ? $", private every {plan.PrivateEvery}" : "")
            + (plan.Inflates ? ", deflate" : "") + Over(plan);
    }

    internal override JsonObject Parameters(LoadPlan plan)
    {
        JsonObject parameters = base.Parameters(plan);
        parameters["subscribers"] = plan.Subscribers;
        parameters["publishers"] = plan.PublishersOfAll;
        parameters["size"] = plan.Size;
        if (plan.Window > 0)
            parameters["window"] = plan.Window;
        else
            parameters["rate"] = plan.Rate;
        if (plan.Body == MessageBody.Status)
            parameters["body"] = "status";
        if (plan.PrivateEvery > 0)
            parameters["private"] = plan.PrivateEvery;
        if (plan.Inflates)
            parameters["deflate"] = true;
        if (plan.Stalled > 0)
        {
            parameters["stalled"] = plan.Stalled;
            parameters["stallSeconds"] = plan.StallFor.TotalSeconds;
        }
        return parameters;
    }
}
