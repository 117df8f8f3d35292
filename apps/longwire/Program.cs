using System.Text;
using Longwire.Service.Sources;
using Microsoft.Extensions.Logging.Abstractions;

namespace Longwire.Service;

/// <summary>
/// A stand-in until the server is composed here: prints every reading as <c>topic json</c> for 3 seconds.
/// </summary>
internal static class Program
{
    private static async Task<int> Main()
    {
        using var stop = new CancellationTokenSource(TimeSpan.FromSeconds(3.5));
        var publisher = new StatusPublisher(
            HostSources.Create(), new ConsoleSink(), TimeProvider.System, NullLogger<StatusPublisher>.Instance);
        await publisher.RunAsync(stop.Token);
        return 0;
    }

    private sealed class ConsoleSink : IStatusSink
    {
        public void Publish(string topic, ReadOnlyMemory<byte> json) =>
            Console.WriteLine($"{topic} {Encoding.UTF8.GetString(json.Span)}");

        public void Retire(string topic, ReadOnlyMemory<byte> json) => Publish(topic, json);
    }
}
