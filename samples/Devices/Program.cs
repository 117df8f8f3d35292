// Thousands of devices, and commands to one of them: own framing, login, answers matched by id, deadlines.
//   dotnet run -c Release --project samples/Devices
//   dotnet run -c Release --project samples/Devices -- --devices 5000 --rate 100 --seconds 10
// The part to copy is DeviceServer.cs, with DeviceSession.cs and DeviceFrames.cs; Simulation/ is the devices.
using System.CommandLine;
using System.Security.Cryptography;
using System.Text;
using Longwire.Samples.Devices;
using Longwire.Samples.Devices.Simulation;

var devices = Number("--devices", 5000, 1, 10_000, "simulated devices");
var rate = Number("--rate", 100, 1, 10_000, "commands a second, each to a random device");
var seconds = Number("--seconds", 10, 1, 600, "how long commands are sent");
var root = new RootCommand("Devices: a server, its devices and commands to them") { devices, rate, seconds };
root.SetAction((arguments, _) => RunAsync(
    arguments.GetValue(devices), arguments.GetValue(rate), TimeSpan.FromSeconds(arguments.GetValue(seconds))));
return await root.Parse(args).InvokeAsync();

static Option<int> Number(string name, int usual, int least, int most, string description)
{
    var option = new Option<int>(name)
    {
        Description = $"{description}, {least} to {most}",
        DefaultValueFactory = _ => usual,
    };
    option.Validators.Add(result =>
    {
        if (result.Tokens.Count > 0 && result.GetValueOrDefault<int>() is var value && (value < least || value > most))
            result.AddError($"{name} must be {least} to {most}, and not {value}.");
    });
    return option;
}

static async Task<int> RunAsync(int devices, int rate, TimeSpan duration)
{
    // Each device's key comes from one secret, so that the server need not keep a list of keys.
    byte[] secret = RandomNumberGenerator.GetBytes(32);
    string KeyOf(string name) => Convert.ToHexString(HMACSHA256.HashData(secret, Encoding.UTF8.GetBytes(name)));
    ValueTask<bool> IsGenuine(string name, string key) => ValueTask.FromResult(
        CryptographicOperations.FixedTimeEquals(Encoding.UTF8.GetBytes(key), Encoding.UTF8.GetBytes(KeyOf(name))));

    await using var server = new DeviceServer("tcp://127.0.0.1:0", IsGenuine);
    await server.StartAsync();
    await using var fleet = new DeviceFleet(server.Address);
    DeviceIdentity[] all = [.. Enumerable.Range(0, devices)
        .Select(static number => $"device-{number:00000}")
        .Select(name => new DeviceIdentity(name, KeyOf(name)))];
    long started = TimeProvider.System.GetTimestamp();
    IReadOnlyList<SimulatedDevice> connected = await fleet.ConnectAsync(all);
    TimeSpan took = TimeProvider.System.GetElapsedTime(started);
    if (connected.FirstOrDefault(static device => device.Ending is not null) is { } failed)
    {
        Console.Error.WriteLine($"{failed.Identity.Name}: {failed.Ending}");
        return 1;
    }
    Console.WriteLine($"{devices} devices are logged in on {server.Address}, after {took.TotalSeconds:0.0} s");

    CommandSummary summary = await new CommandRun(server, all, Random.Shared).RunAsync(rate, duration);
    Console.WriteLine(summary);

    IReadOnlyList<SimulatedDevice> again = await fleet.ConnectAsync(all.Take(1));
    string told = await fleet.EndOfAsync(connected[0]);
    Console.WriteLine($"{all[0].Name} logged in once more; its older connection was told: {told}");
    return summary.IsFaultless && again[0].Ending is null && told == DeviceServer.Replaced ? 0 : 1;
}
