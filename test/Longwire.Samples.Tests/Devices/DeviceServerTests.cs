using System.Text;
using Longwire.Samples.Devices;
using Longwire.ServerTests;
using Microsoft.Extensions.Time.Testing;

namespace Longwire.Samples.Tests.Devices;

/// <summary>What a device may do wrong, and what becomes of the commands that it owes an answer to.</summary>
public sealed class DeviceServerTests
{
    public static TheoryData<PollerKind> Pollers => EveryPoller.Kinds;

    [Theory]
    [InlineData("device-1 key-of-device-2")]
    [InlineData("device-1")]
    [InlineData("")]
    [InlineData(" key-of-")]
    public async Task A_wrong_login_is_told_and_ended(string login)
    {
        await using DeviceBench bench = await DeviceBench.Start(PollerKind.Automatic);
        using RawDevice device = await bench.Dial();
        device.Send(DeviceMessageType.LogIn, 0, login);
        Assert.Equal("Goodbye 0 wrong name or key", await device.Receive());
        Assert.Equal("end", await device.Receive());
    }

    [Fact]
    public async Task A_name_that_is_too_long_is_a_wrong_one()
    {
        await using DeviceBench bench = await DeviceBench.Start(PollerKind.Automatic);
        using RawDevice device = await bench.Dial();
        string name = new('x', Connection.MaxUserLength + 1);
        device.Send(DeviceMessageType.LogIn, 0, $"{name} key-of-{name}");
        Assert.Equal("Goodbye 0 wrong name or key", await device.Receive());
    }

    [Theory]
    [MemberData(nameof(Pollers))]
    public async Task Who_does_not_log_in_in_time_is_cut(PollerKind poller)
    {
        var time = new CountingTime();
        await using DeviceBench bench = await DeviceBench.Start(poller, time);
        using RawDevice quick = await bench.LogIn("device-1");
        int before = time.Timers;
        using RawDevice silent = await bench.Dial();
        await Wait.Until(() => time.Timers > before, "the silent connection's deadline");
        time.Advance(DeviceServer.LoginTime);
        Assert.Equal("reset", await silent.Receive());
        Task<DeviceAnswer> answer = bench.Server.AskAsync("device-1", "report", Wait.Limit);
        Assert.Equal("Command 1 report", await quick.Receive());
        quick.Send(DeviceMessageType.Answer, 1, "fine");
        Assert.Equal("fine", (await Wait.For(answer, "the answer")).Text);
    }

    [Theory]
    [InlineData(4)] // an answer, before the login
    [InlineData(3)] // the server's messages
    [InlineData(6)]
    public async Task A_message_out_of_its_place_ends_the_connection(byte type)
    {
        await using DeviceBench bench = await DeviceBench.Start(PollerKind.Automatic);
        using RawDevice device = await bench.Dial();
        device.Send((DeviceMessageType)type, 1, "");
        Assert.Equal("reset", await device.Receive());
    }

    [Fact]
    public async Task What_is_no_message_ends_the_connection_at_its_third_byte()
    {
        await using DeviceBench bench = await DeviceBench.Start(PollerKind.Automatic);
        using RawDevice device = await bench.Dial();
        device.SendBytes("GET"u8);
        Assert.Equal("end", await device.Receive());
    }

    [Fact]
    public async Task An_answer_is_matched_by_its_id_and_a_late_one_is_for_nobody()
    {
        await using DeviceBench bench = await DeviceBench.Start(PollerKind.Automatic);
        using RawDevice device = await bench.LogIn("device-1");
        DeviceAnswer late = await bench.Server.AskAsync("device-1", "slow", TimeSpan.FromMilliseconds(20));
        Assert.Equal(new(AnswerStatus.TimedOut), late);
        Task<DeviceAnswer> second = bench.Server.AskAsync("device-1", "b", Wait.Limit);
        Task<DeviceAnswer> third = bench.Server.AskAsync("device-1", "c", Wait.Limit);
        Assert.Equal("Command 1 slow", await device.Receive());
        Assert.Equal("Command 2 b", await device.Receive());
        Assert.Equal("Command 3 c", await device.Receive());
        device.Send(DeviceMessageType.Answer, 1, "too late");
        device.Send(DeviceMessageType.Answer, 3, "to c");
        Assert.Equal("to c", (await Wait.For(third, "the answer to the third")).Text);
        Assert.Equal((1, 0), (bench.Server.LateAnswers, bench.Server.ReorderedAnswers));
        device.Send(DeviceMessageType.Answer, 2, "to b");
        Assert.Equal("to b", (await Wait.For(second, "the answer to the second")).Text);
        Assert.Equal((1, 1), (bench.Server.LateAnswers, bench.Server.ReorderedAnswers));
    }

    [Fact]
    public async Task A_device_with_too_many_open_questions_is_busy()
    {
        await using DeviceBench bench = await DeviceBench.Start(PollerKind.Automatic);
        using RawDevice device = await bench.LogIn("device-1");
        Task<DeviceAnswer>[] open = [.. Enumerable.Range(0, DeviceSession.MaxWaiting)
            .Select(_ => bench.Server.AskAsync("device-1", "report", Wait.Limit))];
        Assert.Equal(new(AnswerStatus.Busy), await bench.Server.AskAsync("device-1", "report", Wait.Limit));
        device.Dispose(); // and what it owes is not answered
        foreach (Task<DeviceAnswer> answer in open)
            Assert.Equal(new(AnswerStatus.Disconnected), await Wait.For(answer, "the end of the question"));
    }

    [Fact]
    public async Task A_command_that_fits_into_no_frame_is_the_callers_mistake()
    {
        await using DeviceBench bench = await DeviceBench.Start(PollerKind.Automatic);
        using RawDevice device = await bench.LogIn("device-1");
        await Assert.ThrowsAsync<ArgumentException>(
            () => bench.Server.AskAsync("device-1", new string('x', DeviceFrames.Codec.MaxFrameBytes), Wait.Limit));
        Task<DeviceAnswer> answer = bench.Server.AskAsync("device-1", "report", Wait.Limit);
        Assert.Equal("Command 1 report", await device.Receive());
        device.Send(DeviceMessageType.Answer, 1, "fine");
        Assert.Equal("fine", (await Wait.For(answer, "the answer")).Text);
    }

    [Fact]
    public async Task Devices_are_told_that_the_server_stops()
    {
        await using DeviceBench bench = await DeviceBench.Start(PollerKind.Automatic);
        using RawDevice device = await bench.LogIn("device-1");
        Task stopped = bench.Server.DisposeAsync().AsTask();
        Assert.Equal("Goodbye 0 the server is stopping", await device.Receive());
        Assert.Equal("end", await device.Receive());
        device.Dispose();
        await Wait.For(stopped, "the stop");
    }

    /// <summary>Tells that a deadline has begun, which shows nowhere else.</summary>
    private sealed class CountingTime : FakeTimeProvider
    {
        private int _timers;

        internal int Timers => Volatile.Read(ref _timers);

        public override ITimer CreateTimer(TimerCallback callback, object? state, TimeSpan dueTime, TimeSpan period)
        {
            ITimer timer = base.CreateTimer(callback, state, dueTime, period);
            Interlocked.Increment(ref _timers);
            return timer;
        }
    }
}
