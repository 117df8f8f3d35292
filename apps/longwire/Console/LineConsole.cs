using System.Reflection;
using System.Text;
using Microsoft.Extensions.DependencyInjection;

namespace Longwire.Service.Console;

/// <summary>The line console's endpoint: lines of text for <c>nc</c>, people and scripts.</summary>
/// <remarks>
/// Lines that begin with <c>#</c> are comments and notices, with <c>error:</c> errors; every other line is a topic,
/// followed by a blank and its JSON. So a script that skips the first two kinds has the values.
/// </remarks>
internal static class LineConsole
{
    /// <summary>The protocol's name in the configuration, and its endpoint's when nobody names one.</summary>
    public const string Name = "console";

    /// <summary>Where it listens when nobody says.</summary>
    public const string DefaultAddress = "127.0.0.1:2323";

    /// <summary>
    /// Most bytes in a line, either way. A value published in one fits into one when it is delivered.
    /// </summary>
    public const int MaxLineBytes = 4096;

    /// <summary>Said by a draining server: when to come back, so that not everyone does at once.</summary>
    public const string Goodbye = "# goodbye: server is shutting down; retry in 5 s (jitter 5 s)";

    /// <summary>The service's version.</summary>
    public static readonly string Version =
        typeof(LineConsole).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!.InformationalVersion;

    private static readonly string s_greeting = $"# longwire {Version} - type 'help'";

    private static readonly string s_skipped =
        $"error: the line is longer than {MaxLineBytes} bytes and was ignored; send a shorter one";

    /// <summary>Its protocol: framing, forms and commands.</summary>
    public static void Configure(IServiceProvider services, EndpointBuilder<object?> endpoint)
    {
        // The server is made with its endpoints; the first command comes when it runs.
        var commands = new ConsoleCommands(new Lazy<TcpServer>(services.GetRequiredService<TcpServer>));
        endpoint
            .Framing(Lines.Utf8(MaxLineBytes, OversizedFrames.Skip))
            .Deliver(static (topic, _, message, output) => ConsoleText.WriteValue(topic, message, output))
            .DeliverGap(static (topic, count, output) =>
                ConsoleText.Write($"# missed {count} messages of {topic.Name}", output))
            .DeliverSnapshotEnd(static (filter, output) =>
                ConsoleText.Write($"# end of snapshot of {filter}; changes follow", output))
            .Goodbye(Encoding.UTF8.GetBytes(Goodbye))
            .OnConnect(Greet)
            .OnMessage(commands.HandleAsync)
            .OnSkipped(static (connection, _) => connection.Send(s_skipped));
    }

    private static ConsoleSession Greet(Connection connection)
    {
        connection.Send(s_greeting);
        return new ConsoleSession();
    }
}
