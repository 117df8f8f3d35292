using System.Buffers;
using System.Reflection;
using System.Text;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;

namespace Longwire.Service.Console;

/// <summary>
/// The console's protocol: lines in; out come <c>topic json</c> lines, notices that begin with <c>#</c>, and
/// errors that begin with <c>error:</c>.
/// </summary>
internal static class ConsoleEndpoint
{
    private const int MaxLineBytes = 4096;
    private const string Goodbye = "# goodbye: the server is shutting down; retry after 5 s, plus up to 5 s at random";

    internal static string Version { get; } =
        typeof(ConsoleEndpoint).Assembly.GetCustomAttribute<AssemblyInformationalVersionAttribute>()!
            .InformationalVersion.Split('+')[0];

    internal static TcpServer CreateServer(IServiceProvider services)
    {
        var settings = services.GetRequiredService<ServiceSettings>();
        TcpServer? server = null;
        return server = TcpServer.Create(o => o
            .Logging(services.GetRequiredService<ILoggerFactory>())
            .Time(services.GetRequiredService<TimeProvider>())
            .Listen(settings.Telnet, e => e
                .Framing(Lines.Utf8(MaxLineBytes, OversizedFrames.Skip))
                .Deliver(WriteValue)
                .DeliverGap((topic, count, output) => Write(output, $"# missed {count} messages of {topic.Name}"))
                .Goodbye(Encoding.UTF8.GetBytes(Goodbye))
                .OnConnect(connection => new ConsoleSession(connection, server!))
                .OnMessage((connection, line) => connection.Session.HandleAsync(line.Memory))
                .OnSkipped((connection, _) => connection.Send(
                    $"error: the line is longer than {MaxLineBytes} bytes and was ignored"))));
    }

    internal static void WriteValue(
        ArrayBufferWriter<byte> output, Topic topic, long sequence, ReadOnlySpan<byte> json) =>
        WriteValue(topic, sequence, json, output);

    /// <summary>One line per value; made once for all who watch.</summary>
    private static void WriteValue(Topic topic, long sequence, ReadOnlySpan<byte> json, IBufferWriter<byte> output)
    {
        Write(output, topic.Name);
        output.Write(" "u8);
        output.Write(json);
    }

    private static void Write(IBufferWriter<byte> output, string text) => Encoding.UTF8.GetBytes(text, output);
}
