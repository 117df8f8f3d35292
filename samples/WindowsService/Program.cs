// A service that pushes its status and takes one command: on Windows as a service, elsewhere in a console.
//   dotnet run --project samples/WindowsService
//   dotnet run --project samples/WindowsService -- --longwire:endpoints:feed:listen=127.0.0.1:0
using System.Text.Json;
using Longwire;
using Longwire.Hosting;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

HostApplicationBuilder builder = Host.CreateApplicationBuilder(args);
builder.Services
    .AddWindowsService(options => options.ServiceName = "Longwire sample") // changes nothing in a console
    .AddHostedService<Status>() // before the server, which stops first: clients are served to the end
    .AddLongwire(builder.Configuration, longwire => longwire.Protocol(
        "feed", (_, endpoint) => endpoint.UseFeed(feed => feed.OnCommand(Answer)), listen: "127.0.0.1:2324"));
await builder.Build().RunAsync();

static ValueTask<FeedAnswer> Answer(Connection<FeedSession> connection, FeedRequest command)
{
    if (command.Name != "collect")
        return ValueTask.FromResult(FeedAnswer.Unknown);
    long before = GC.GetTotalMemory(forceFullCollection: false);
    return ValueTask.FromResult<FeedAnswer>($"{before - GC.GetTotalMemory(forceFullCollection: true)} bytes freed");
}

/// <summary>Publishes what the process is doing, once a second.</summary>
internal sealed class Status(Hub hub) : BackgroundService
{
    protected override async Task ExecuteAsync(CancellationToken stoppingToken)
    {
        using var timer = new PeriodicTimer(TimeSpan.FromSeconds(1));
        do
        {
            hub.Publish("status/process", JsonSerializer.SerializeToUtf8Bytes(
                new { memoryBytes = Environment.WorkingSet, threads = ThreadPool.ThreadCount }));
        }
        while (await timer.WaitForNextTickAsync(stoppingToken));
    }
}
