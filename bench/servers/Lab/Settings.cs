using System.CommandLine;
using Longwire;

namespace PushLab;

/// <summary>What the lab turns on or off, as the command line says it.</summary>
internal sealed record Settings
{
    public required string Address { get; init; }

    public required int Port { get; init; }

    /// <summary>Where <see cref="Port"/>'s messages are handled.</summary>
    public required HandlerKind Handler { get; init; }

    /// <summary>A second port, whose messages are commands that the pool handles; null for none.</summary>
    public required int? Commands { get; init; }

    /// <summary>How long a handler on the pool blocks its thread before it answers or publishes.</summary>
    public required TimeSpan Slow { get; init; }

    /// <summary>Megabytes of garbage a second.</summary>
    public required int Allocate { get; init; }

    public required SlowConsumerPolicy SlowConsumer { get; init; }

    public required PollerKind Poller { get; init; }

    public required int Loops { get; init; }

    internal static RootCommand Command(Func<Settings, CancellationToken, Task> serve)
    {
        var address = Usual("--address", "127.0.0.1", "IP address to listen on");
        var port = Usual("--port", 7300, "TCP port; 0 lets the system choose");
        var handler = Usual("--handler", HandlerKind.Inline, "where the port's messages are handled");
        var commands = Usual<int?>("--commands", null, "a second port, whose messages are answered by the pool");
        var slow = Usual("--slow-ms", 0, "milliseconds that each handler on the pool blocks its thread");
        var allocate = Usual("--allocate-mb", 0, "megabytes of garbage that the pool makes a second");
        var policy = Usual(
            "--slow-consumer", EndpointOptions.Default.SlowConsumer, "what becomes of pushes that do not fit");
        var poller = Usual("--poller", PollerKind.Automatic, "what waits for the system");
        var loops = Usual("--loops", Math.Min(16, Environment.ProcessorCount), "threads that own connections");
        var root = new RootCommand("PushLab with whatever an experiment needs turned on")
        {
            address, port, handler, commands, slow, allocate, policy, poller, loops,
        };
        root.Validators.Add(result =>
        {
            bool isOnPool = result.GetValue(handler) == HandlerKind.Pool || result.GetValue(commands) is not null;
            if (result.GetValue(slow) > 0 && !isOnPool)
                result.AddError("--slow-ms blocks handlers on the pool: give --handler pool or --commands.");
        });
        root.SetAction((arguments, cancellation) => serve(
            new Settings
            {
                Address = arguments.GetValue(address)!,
                Port = arguments.GetValue(port),
                Handler = arguments.GetValue(handler),
                Commands = arguments.GetValue(commands),
                Slow = TimeSpan.FromMilliseconds(arguments.GetValue(slow)),
                Allocate = arguments.GetValue(allocate),
                SlowConsumer = arguments.GetValue(policy),
                Poller = arguments.GetValue(poller),
                Loops = arguments.GetValue(loops),
            },
            cancellation));
        return root;
    }

    private static Option<T> Usual<T>(string name, T usual, string description) =>
        new(name) { Description = description, DefaultValueFactory = _ => usual };
}

/// <summary>Where messages are handled.</summary>
internal enum HandlerKind
{
    /// <summary>On the loop.</summary>
    Inline,

    /// <summary>On the thread pool.</summary>
    Pool,
}
