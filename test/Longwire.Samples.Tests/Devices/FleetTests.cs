using System.Globalization;
using Longwire.Samples.Devices;
using Longwire.Samples.Devices.Simulation;
using Longwire.ServerTests;

namespace Longwire.Samples.Tests.Devices;

/// <summary>
/// Many devices: each command is answered by its device, in order, and a device that logs in twice is there once. With
/// <c>LONGWIRE_DEVICES=5000</c> this is the whole size.
/// </summary>
public sealed class FleetTests
{
    private static readonly int s_devices = int.Parse(
        Environment.GetEnvironmentVariable("LONGWIRE_DEVICES") ?? "300", CultureInfo.InvariantCulture);

    public static TheoryData<PollerKind> Pollers => EveryPoller.Kinds;

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task Every_command_is_answered_by_the_device_that_was_asked_and_in_order(PollerKind poller)
    {
        await using DeviceBench bench = await DeviceBench.Start(poller);
        DeviceIdentity[] devices = Identities();
        await LogIn(bench, devices);
        var run = new CommandRun(bench.Server, devices, new Random(1)) { Deadline = Wait.Limit };
        CommandSummary spread = s_devices < 5000
            ? await run.RunAsync(rate: 1000, TimeSpan.FromSeconds(1))
            : await run.RunAsync(rate: 100, TimeSpan.FromSeconds(10));
        Assert.Equal(1000, spread.Commands);
        Assert.True(spread.IsFaultless, $"{spread}");
        CommandSummary burst = await run.BurstAsync(device: 7, DeviceSession.MaxWaiting);
        Assert.True(burst.IsFaultless, $"{burst}");
        Assert.Equal(0, bench.Server.LateAnswers);
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task Devices_that_log_in_twice_are_there_once_and_the_older_connection_is_told_why(PollerKind poller)
    {
        await using DeviceBench bench = await DeviceBench.Start(poller);
        DeviceIdentity[] devices = Identities();
        IReadOnlyList<SimulatedDevice> older = await LogIn(bench, devices);
        IReadOnlyList<SimulatedDevice> newer = await LogIn(bench, devices);
        foreach (SimulatedDevice device in older)
            Assert.Equal(DeviceServer.Replaced, await bench.Fleet.EndOfAsync(device));
        Assert.All(newer, static device => Assert.Null(device.Ending));
        await Wait.Until(
            () => bench.Closed(CloseReason.Replaced) == devices.Length, "the older connections to be gone");
        Assert.Equal(devices.Length, bench.Server.Connections);
        CommandSummary summary = await new CommandRun(bench.Server, devices, new Random(2)) { Deadline = Wait.Limit }
            .RunAsync(rate: 1000, TimeSpan.FromSeconds(0.3));
        Assert.True(summary.IsFaultless, $"{summary}");
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task Of_many_logins_of_one_device_at_one_time_one_is_left(PollerKind poller)
    {
        const int Logins = 50;
        await using DeviceBench bench = await DeviceBench.Start(poller);
        DeviceIdentity device = DeviceBench.Identity(1);
        IReadOnlyList<SimulatedDevice> connections = await Wait.For(
            bench.Fleet.ConnectAsync(Enumerable.Repeat(device, Logins)), "the logins");
        await Wait.Until(() => bench.Server.Connections == 1, "one connection");
        await Wait.Until(
            () => connections.Count(static one => one.Ending == DeviceServer.Replaced) == Logins - 1,
            "all others to be told");
        DeviceAnswer answer = await bench.Server.AskAsync(device.Name, "report", Wait.Limit);
        Assert.Equal(new(AnswerStatus.Answered, "device-1 1 report"), answer);
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task A_device_that_is_cut_is_not_connected_and_comes_back(PollerKind poller)
    {
        await using DeviceBench bench = await DeviceBench.Start(poller);
        DeviceIdentity[] devices = [DeviceBench.Identity(1), DeviceBench.Identity(2)];
        IReadOnlyList<SimulatedDevice> connections = await LogIn(bench, devices);
        await bench.Fleet.CutAsync(connections.Take(1));
        await Wait.Until(() => bench.Server.Connections == 1, "the cut device to be gone");
        Assert.Equal(new(AnswerStatus.NotConnected), await bench.Server.AskAsync("device-1", "report", Wait.Limit));
        Assert.Equal("device-2 1 report", (await bench.Server.AskAsync("device-2", "report", Wait.Limit)).Text);
        await LogIn(bench, devices[..1]);
        Assert.Equal("device-1 1 report", (await bench.Server.AskAsync("device-1", "report", Wait.Limit)).Text);
    }

    private static DeviceIdentity[] Identities() => [.. Enumerable.Range(0, s_devices).Select(DeviceBench.Identity)];

    private static async Task<IReadOnlyList<SimulatedDevice>> LogIn(DeviceBench bench, DeviceIdentity[] devices)
    {
        IReadOnlyList<SimulatedDevice> connections = await Wait.For(bench.Fleet.ConnectAsync(devices), "the logins");
        Assert.All(connections, static device => Assert.Null(device.Ending));
        return connections;
    }
}
