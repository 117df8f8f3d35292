using Longwire.Samples.Devices;
using Longwire.Samples.Devices.Simulation;
using Longwire.ServerTests;

namespace Longwire.Samples.Tests.Devices;

/// <summary>The sample's own measure: a device that does not do as it should is counted as such.</summary>
public sealed class CommandRunTests
{
    [Fact]
    public async Task An_answer_of_another_device_or_to_another_command_is_wrong()
    {
        await using DeviceBench bench = await DeviceBench.Start(PollerKind.Automatic);
        using RawDevice device = await bench.LogIn("device-1");
        Task<CommandSummary> run = Run(bench, Wait.Limit).BurstAsync(device: 0, commands: 3);
        device.Send(DeviceMessageType.Answer, 1, "device-2 1 report 1");
        device.Send(DeviceMessageType.Answer, 2, "device-1 2 report 1");
        device.Send(DeviceMessageType.Answer, 3, "device-1 3 report 3");
        await Expect(new CommandSummary { Commands = 3, Right = 1, Wrong = 2 }, run);
    }

    [Fact]
    public async Task Commands_that_a_device_had_in_another_order_are_out_of_order()
    {
        await using DeviceBench bench = await DeviceBench.Start(PollerKind.Automatic);
        using RawDevice device = await bench.LogIn("device-1");
        Task<CommandSummary> run = Run(bench, Wait.Limit).BurstAsync(device: 0, commands: 3);
        device.Send(DeviceMessageType.Answer, 1, "device-1 1 report 1");
        device.Send(DeviceMessageType.Answer, 2, "device-1 3 report 2");
        device.Send(DeviceMessageType.Answer, 3, "device-1 2 report 3");
        await Expect(new CommandSummary { Commands = 3, Right = 3, OutOfOrder = 1 }, run);
    }

    [Fact]
    public async Task Answers_that_overtake_each_other_are_out_of_order()
    {
        await using DeviceBench bench = await DeviceBench.Start(PollerKind.Automatic);
        using RawDevice device = await bench.LogIn("device-1");
        Task<CommandSummary> run = Run(bench, Wait.Limit).BurstAsync(device: 0, commands: 2);
        device.Send(DeviceMessageType.Answer, 2, "device-1 2 report 2");
        device.Send(DeviceMessageType.Answer, 1, "device-1 1 report 1");
        await Expect(new CommandSummary { Commands = 2, Right = 2, OutOfOrder = 1 }, run);
    }

    [Fact]
    public async Task A_device_that_is_silent_is_late_and_one_that_is_not_here_does_not_answer()
    {
        await using DeviceBench bench = await DeviceBench.Start(PollerKind.Automatic);
        using RawDevice device = await bench.LogIn("device-1");
        CommandRun run = Run(bench, TimeSpan.FromMilliseconds(20));
        await Expect(new CommandSummary { Commands = 2, Late = 2 }, run.BurstAsync(device: 0, commands: 2));
        await Expect(new CommandSummary { Commands = 1, Unanswered = 1 }, run.BurstAsync(device: 1, commands: 1));
    }

    private static CommandRun Run(DeviceBench bench, TimeSpan deadline) =>
        new(bench.Server, [DeviceBench.Identity(1), DeviceBench.Identity(2)], new Random(1)) { Deadline = deadline };

    private static async Task Expect(CommandSummary counts, Task<CommandSummary> run)
    {
        CommandSummary summary = await Wait.For(run, "the summary");
        Assert.False(summary.IsFaultless);
        Assert.Equal(counts, summary with { Duration = default, Median = default, Slowest = default });
    }
}
