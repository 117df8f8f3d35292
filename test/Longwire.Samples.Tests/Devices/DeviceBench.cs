using Longwire.Samples.Devices;
using Longwire.Samples.Devices.Simulation;
using Longwire.ServerTests;
using Microsoft.Extensions.Time.Testing;

namespace Longwire.Samples.Tests.Devices;

/// <summary>
/// The sample's server and its fleet; the end fails on an error in the log and on a connection that is left.
/// </summary>
internal sealed class DeviceBench : IAsyncDisposable
{
    private readonly List<RawDevice> _raw = [];
    private readonly RecordingLogs _logs;

    private DeviceBench(DeviceServer server, DeviceFleet fleet, RecordingLogs logs, FakeTimeProvider? time)
    {
        Server = server;
        Fleet = fleet;
        Time = time;
        _logs = logs;
    }

    internal DeviceServer Server { get; }

    internal DeviceFleet Fleet { get; }

    /// <summary>The server's clock, where the test moves it.</summary>
    internal FakeTimeProvider? Time { get; }

    internal static async Task<DeviceBench> Start(PollerKind poller, FakeTimeProvider? time = null)
    {
        var logs = new RecordingLogs();
        var server = new DeviceServer("tcp://127.0.0.1:0", IsGenuine, poller, logs, time);
        await server.StartAsync(TestContext.Current.CancellationToken);
        return new DeviceBench(server, new DeviceFleet(server.Address, poller), logs, time);
    }

    internal static DeviceIdentity Identity(int number) => new($"device-{number}", $"key-of-device-{number}");

    /// <summary>Connections that ended for this reason, as the server logs it.</summary>
    internal int Closed(CloseReason reason) =>
        _logs.Entries.Count(entry => entry.Text.TrimEnd().EndsWith($"closed: {reason}", StringComparison.Ordinal));

    /// <summary>A device whose messages the test writes.</summary>
    internal async Task<RawDevice> Dial()
    {
        RawDevice device = await RawDevice.Dial(Server.Address);
        _raw.Add(device);
        return device;
    }

    /// <summary>The same, logged in.</summary>
    internal async Task<RawDevice> LogIn(string name)
    {
        RawDevice device = await Dial();
        device.Send(DeviceMessageType.LogIn, 0, $"{name} key-of-{name}");
        Assert.Equal("Welcome 0 ", await device.Receive());
        return device;
    }

    public async ValueTask DisposeAsync()
    {
        _raw.ForEach(static device => device.Dispose());
        await Wait.For(Fleet.DisposeAsync().AsTask(), "the end of the fleet");
        await Wait.For(Server.DisposeAsync().AsTask(), "the end of the server");
        Assert.Empty(_logs.Errors);
        Assert.Equal(0, Server.Connections);
    }

    private static ValueTask<bool> IsGenuine(string name, string key) => ValueTask.FromResult(key == $"key-of-{name}");
}
