using System.CommandLine;
using System.Net;
using Longwire.Load.Protocols;
using Longwire.Load.Scenarios;

namespace Longwire.Load.Servers;

/// <summary>The server under test: somebody else's, at an address, or one that the tool started.</summary>
/// <remarks>Owner: a command. Concurrency: one thread. Bound: one process.</remarks>
internal sealed class Target : IAsyncDisposable
{
    private readonly StartedServer? _started;

    private Target(
        string name, ClientProtocol protocol, IPEndPoint address, ServerProcess? process, StartedServer? started)
    {
        Name = name;
        Protocol = protocol;
        Address = address.ToString();
        Process = process;
        _started = started;
    }

    internal string Name { get; }

    internal ClientProtocol Protocol { get; }

    internal string Address { get; }

    /// <summary>Its process, if known.</summary>
    internal ServerProcess? Process { get; }

    internal string? CommandLine => _started?.CommandLine;

    /// <summary>Starts a server, whose process is then known.</summary>
    internal static async Task<Target> StartAsync(string name, ClientProtocol protocol, string command)
    {
        StartedServer started = await StartedServer.StartAsync(command);
        return new Target(name, protocol, started.Address, new ServerProcess(started.Pid), started);
    }

    /// <summary>A server that runs already.</summary>
    internal static Target At(string name, ClientProtocol protocol, IPEndPoint address, ServerProcess? process) =>
        new(name, protocol, address, process, started: null);

    /// <summary>Sends SIGTERM.</summary>
    internal void Terminate() => SystemClock.Signal(Process!.Pid, SystemClock.Terminate);

    /// <summary>The exit code, where the tool started it and it ends in time.</summary>
    internal Task<int?> WaitForExitAsync(TimeSpan atMost) =>
        _started?.WaitForExitAsync(atMost) ?? Task.FromResult<int?>(null);

    public ValueTask DisposeAsync() => _started?.DisposeAsync() ?? ValueTask.CompletedTask;
}

/// <summary>The options that name the server.</summary>
internal sealed class TargetOptions
{
    private readonly Option<IPEndPoint?> _server = OptionTypes.Address(
        "--server", "the server's address; 127.0.0.1:7300 if nothing is said");

    private readonly Option<int> _pid = OptionTypes.Count(
        "--server-pid", 0, 0, "the server's process, to read its memory and processor time; 0 is unknown");

    private readonly Option<string> _start = new("--start")
    {
        Description = "start the server by this command instead, and end it; {port} in it becomes a free port, "
            + "else the port is taken from what it prints",
    };

    private readonly Option<string> _name = new("--name")
    {
        Description = "what to call the server in the result",
        DefaultValueFactory = static _ => "server",
    };

    private readonly Option<string> _protocol = new("--protocol")
    {
        Description = "what it speaks",
        DefaultValueFactory = static _ => ClientProtocol.Default.Name,
    };

    internal TargetOptions() => _protocol.AcceptOnlyFromAmong([.. ClientProtocol.Names]);

    internal void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_server, _pid, _start, _name, _protocol])
            command.Add(option);
    }

    /// <exception cref="ArgumentException">Options contradict each other.</exception>
    internal async Task<Target> OpenAsync(ParseResult arguments)
    {
        string name = arguments.GetValue(_name)!;
        ClientProtocol protocol = ClientProtocol.Named(arguments.GetValue(_protocol)!);
        IPEndPoint? address = arguments.GetValue(_server);
        int pid = arguments.GetValue(_pid);
        if (arguments.GetValue(_start) is not { } command)
        {
            return Target.At(
                name, protocol, address ?? new IPEndPoint(IPAddress.Loopback, 7300),
                pid == 0 ? null : new ServerProcess(pid));
        }
        if (address is not null || pid != 0)
            throw new ArgumentException("--start starts the server itself: leave out --server and --server-pid.");
        return await Target.StartAsync(name, protocol, command);
    }
}
