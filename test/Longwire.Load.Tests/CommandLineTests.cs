using System.CommandLine;
using Longwire.Load.Comparing;
using Longwire.Load.Crews;
using Longwire.Load.Protocols;
using Longwire.Load.Scenarios;
using Longwire.Load.Workloads;

namespace Longwire.Load.Tests;

/// <summary>What is wrong is said with the option's name and the cure.</summary>
public sealed class CommandLineTests
{
    [Theory]
    [InlineData("fanout --size 5", "--size must be between 21 and 1048576, not 5")]
    [InlineData("fanout --connections 0", "--connections must be between 1 and")]
    [InlineData("fanout --rate 0", "--rate must be above 0")]
    [InlineData("fanout --duration 3", "--duration: '3' is no time; write 500ms, 90s, 5m or 2h")]
    [InlineData("fanout --server localhost", "--server")]
    [InlineData("echo --ramp 9..1", "--ramp: '9..1' are no ascending numbers; write 1..250 or 300,1000,3000")]
    [InlineData("echo --ramp a", "--ramp: 'a'")]
    [InlineData("fanout --protocol smtp", "pushlab")]
    [InlineData("storm --drop maybe", "abort")]
    [InlineData("compare fanout", "--server")]
    public void A_wrong_value_is_named_with_its_cure(string arguments, string expected) => Assert.Contains(
        expected, string.Join('\n', CommandLine.Root().Parse(arguments.Split(' ')).Errors.Select(
            static error => error.Message)), StringComparison.Ordinal);

    [Theory]
    [InlineData("fanout --window 2 --rate 5", "--window")]
    [InlineData("echo --ramp 1..5 --rate 5", "--rate")]
    [InlineData("fanout --connections 10 --subscribers 11", "--subscribers")]
    [InlineData("fanout --connections 10 --stalled 10", "--stalled")]
    [InlineData("fanout --connections 10 --per-process 5", "--per-process")]
    [InlineData("storm --resume", "--tls")]
    [InlineData("fanout --protocol lines", "--protocol lines")]
    [InlineData("echo --protocol mqtt", "--protocol mqtt")]
    [InlineData("fanout --strace --connections 1", "--server-pid")]
    [InlineData("idle --connections 3", "--server-pid")]
    [InlineData("drain --connections 10 --stalled 1", "--server-pid")]
    [InlineData("drain --connections 10 --stalled 10", "--stalled")]
    [InlineData("soak fanout --duration 3s --every 1s", "--every")]
    [InlineData("fanout --server-pid 999999999", "--server-pid")]
    [InlineData("fanout --start x --server-pid 1", "--start")]
    [InlineData("compare fanout --server x", "NAME=COMMAND")]
    [InlineData("compare fanout --server a=x --server a=y", "--server")]
    [InlineData("compare fanout --server a=x --baseline b", "--baseline 'b'")]
    [InlineData("compare fanout --server a:lines=x", "--protocol lines")]
    public async Task What_contradicts_itself_ends_with_2(string arguments, string named)
    {
        (int code, string said) = await Captured.RunAsync([.. arguments.Split(' '), .. NoServer(arguments)]);

        Assert.Equal((2, true), (code, said.Contains(named, StringComparison.Ordinal)));
    }

    [Fact]
    public async Task A_server_that_is_not_there_ends_with_1()
    {
        (int code, string said) = await Captured.RunAsync(["echo", "--connections", "3", "--server", "127.0.0.1:1"]);

        Assert.Equal(1, code);
        Assert.Contains("3 of 3 connections to 127.0.0.1:1 failed", said, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_server_that_ends_at_once_ends_with_1_and_what_it_printed()
    {
        (int code, string said) = await Captured.RunAsync(["echo", "--start", "sh -c 'echo sorry >&2; exit 3'"]);

        Assert.Equal(1, code);
        Assert.Contains("ended with code 3", said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fanout")]
    [InlineData("compare storm")]
    [InlineData("soak echo")]
    [InlineData("drain")]
    public void Every_command_has_help(string command) =>
        Assert.Empty(CommandLine.Root().Parse([.. command.Split(' '), "--help"]).Errors);

    [Theory]
    [InlineData(1, 250, new[] { 1, 2, 5, 10, 20, 50, 100, 200, 250 })]
    [InlineData(3, 3, new[] { 3 })]
    [InlineData(7, 25, new[] { 7, 10, 20, 25 })]
    public void A_ramp_goes_by_round_numbers(int from, int to, int[] expected) =>
        Assert.Equal(expected, OptionTypes.RoundNumbers(from, to));

    [Fact]
    public void A_server_to_compare_has_a_name_a_protocol_and_a_command()
    {
        var plain = ServerSpec.Parse("limit=./limit --port {port} --x=y");
        var other = ServerSpec.Parse("redis:resp=redis-server");

        Assert.Equal(
            ("limit", "pushlab", "./limit --port {port} --x=y"), (plain.Name, plain.Protocol.Name, plain.Command));
        Assert.Equal(("redis", "resp", "redis-server"), (other.Name, other.Protocol.Name, other.Command));
        Assert.Throws<ArgumentException>(static () => ServerSpec.Parse("=x"));
        Assert.Throws<ArgumentException>(static () => ServerSpec.Parse("a="));
        Assert.Throws<ArgumentException>(static () => ServerSpec.Parse("a:b:c=x"));
        Assert.Throws<ArgumentException>(static () => ServerSpec.Parse("a:smtp=x"));
    }

    [Fact]
    public void Connections_are_split_over_processes_and_source_addresses()
    {
        var plan = new LoadPlan
        {
            Kind = WorkloadKind.Fanout,
            Server = "127.0.0.1:7300",
            Protocol = ClientProtocol.Default.Name,
            Connections = 45_000,
            PublishersOfAll = 2,
            Rate = 10,
        };

        LoadPlan[] shares = Crew.Split(plan, 20_000);

        Assert.Equal(
            [(0, 20_000, 0, 2), (20_000, 20_000, 2, 0), (40_000, 5_000, 3, 0)],
            shares.Select(static one => (one.First, one.Share, (int)one.Source, one.Publishers)));
        Assert.All(
            Crew.Split(plan with { Server = "10.0.0.1:7300" }, 20_000), static one => Assert.Equal(0, one.Source));
        Assert.Throws<ArgumentException>(() => Crew.Split(plan with { Window = 1 }, 20_000));
        Assert.Throws<ArgumentException>(() => Crew.Split(plan, 10));
    }

    private static string[] NoServer(string arguments) =>
        arguments.StartsWith("compare", StringComparison.Ordinal)
        || arguments.Contains("--start", StringComparison.Ordinal)
            ? []
            : ["--server", "127.0.0.1:1"];
}
