using System.Text;
using Longwire.Hosting.Settings;
using Longwire.Service.Hosting;
using Longwire.Transport;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.Logging;

namespace Longwire.Service.Tests.Sources;

/// <summary>The whole service with configured sources, seen by a client.</summary>
public sealed class ConfiguredServiceTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("longwire-sources-").FullName;

    public ConfiguredServiceTests() => Assert.SkipWhen(OperatingSystem.IsWindows(), "Runs Unix programs.");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Clients_watch_what_is_configured_and_a_hanging_source_harms_nobody()
    {
        string log = Path.Combine(_folder, "app.log");
        await File.WriteAllTextAsync(log, "", TestContext.Current.CancellationToken);
        await using ServiceHost host = await StartAsync($$"""
            {
              "hanging": { "kind": "exec", "command": ["sleep", "1000"], "topic": "check/hanging", "timeout": "200ms" },
              "fields": { "kind": "exec", "command": ["echo", "{\"a\":1,\"b\":\"x\"}"], "format": "json",
                          "topic": "check/fields", "interval": "100ms", "jitter": "0" },
              "log": { "kind": "file", "path": "{{log}}", "topic": "log/app", "interval": "100ms" },
              "machine": { "kind": "host", "enabled": false }
            }
            """);
        using LineClient client = await ConnectAsync(host);
        await client.SendAsync("watch check/#\nwatch log/#\nwatch longwire/source/+\n");
        HashSet<string> wanted =
        [
            "log/app {\"state\":\"ok\",\"lines\":0,\"rotations\":0,\"skipped_bytes\":0}", // so it was looked at
            "check/fields/a {\"value\":1}", "check/fields/b {\"value\":\"x\"}",
            "check/hanging {\"state\":\"failed\",\"error\":\"No answer within 0.2 s.\"}",
            "longwire/source/hanging {\"state\":\"failed\",\"error\":\"No answer within 0.2 s.\"}",
            "longwire/source/fields {\"state\":\"ok\"}", "longwire/source/server {\"state\":\"ok\"}",
        ];
        await ReadUntilAsync(client, line => wanted.Remove(WithoutTime(line)) && wanted.Count == 0, "all sources");
        await File.AppendAllTextAsync(log, "hello\n", TestContext.Current.CancellationToken);
        await ReadUntilAsync(client, line => WithoutTime(line) == "log/app/line {\"line\":\"hello\"}", "the line");
        await client.SendAsync("get host/#\n");
        await ReadUntilAsync(client, line => line.StartsWith("# no value of host/#"), "no value of the machine");
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public void A_mistake_keeps_the_service_from_starting()
    {
        IConfiguration configuration = new ConfigurationBuilder()
            .AddConfiguration(TestConfiguration.Console())
            .AddInMemoryCollection([new("longwire:sources:x:kind", "tcp")]).Build();
        SettingsException exception = Assert.Throws<SettingsException>(
            () => new ServiceHost(configuration, TextWriter.Null, static _ => { }));
        Assert.Equal("longwire:sources:x:address: is missing", exception.Message);
    }

    [Fact]
    public async Task A_source_that_rests_wakes_when_a_client_subscribes()
    {
        string counter = Path.Combine(_folder, "count");
        await using ServiceHost host = await StartAsync($$"""
            {
              "x": { "kind": "exec", "shell": true, "command": "echo x >>{{counter}}; wc -l <{{counter}}",
                     "topic": "check/x", "interval": "100ms", "jitter": "0", "onlyWhenWatched": true }
            }
            """);
        using (LineClient client = await ConnectAsync(host))
        {
            await client.SendAsync("watch longwire/source/x\n");
            await ReadUntilAsync(client, line => line.Contains("\"resting\""), "its rest");
            await client.SendAsync("watch check/#\n");
            await ReadUntilAsync(client, line => line.Contains("\"text\":\"3\""), "two more readings");
            await client.SendAsync("unwatch check/#\n");
            await ReadUntilAsync(client, line => line.Contains("\"resting\""), "its rest");
        }
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Values come all the time, so the deadline of each line would never end it.</summary>
    private static async Task ReadUntilAsync(LineClient client, Predicate<string> last, string what)
    {
        try
        {
            await client.ReadUntilAsync(last, what)
                .WaitAsync(LineClient.Deadline, TestContext.Current.CancellationToken);
        }
        catch (TimeoutException)
        {
            Assert.Fail($"Waited {LineClient.Deadline} for {what}.");
        }
    }

    private static string WithoutTime(string line)
    {
        int start = line.IndexOf("{\"time\":\"", StringComparison.Ordinal);
        int end = line.IndexOf("\",", Math.Max(0, start), StringComparison.Ordinal);
        return start < 0 || end < 0 ? line : $"{line[..start]}{{{line[(end + 2)..]}";
    }

    private static Task<LineClient> ConnectAsync(ServiceHost host) => LineClient.ConnectAsync(
        ((System.Net.IPEndPoint)ListenAddress.Parse(host.Server.Addresses[0]).EndPoint).Port);

    private static async Task<ServiceHost> StartAsync(string sources)
    {
        using var json = new MemoryStream(Encoding.UTF8.GetBytes($$"""{ "longwire": { "sources": {{sources}} } }"""));
        IConfiguration configuration = new ConfigurationBuilder()
            .AddConfiguration(TestConfiguration.Console()).AddJsonStream(json).Build();
        var host = new ServiceHost(
            configuration, TextWriter.Null, static logging => logging.SetMinimumLevel(LogLevel.None));
        await host.StartAsync(TestContext.Current.CancellationToken);
        return host;
    }
}
