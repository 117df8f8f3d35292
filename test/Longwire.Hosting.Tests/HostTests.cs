using System.Net;
using System.Net.Sockets;
using Longwire.Hosting.Settings;
using Longwire.Transport;
using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Diagnostics.HealthChecks;
using Microsoft.Extensions.Hosting;

namespace Longwire.Hosting.Tests;

/// <summary>The server in a real host.</summary>
public sealed class HostTests
{
    private static readonly Codec s_lines = Lines.Utf8(maxBytes: 100);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    public async Task It_starts_with_the_host_and_serves_handlers_of_the_container()
    {
        await using TestHost host = TestHost.Create(HandlerLifetime.Shared);
        await host.StartAsync();
        Assert.Equal("1:a", await host.AskAsync("a"));
        Assert.Equal("2:b", await host.AskAsync("b")); // the same handler counts on
        Assert.Equal(1, host.Log.Made);
        await host.StopAsync();
        Assert.Equal(0, host.Log.ScopesEnded);
    }

    [Fact]
    public async Task A_handler_per_connection_has_a_scope_that_ends_with_it()
    {
        await using TestHost host = TestHost.Create(HandlerLifetime.PerConnection);
        await host.StartAsync();
        Assert.Equal("1:a", await host.AskAsync("a"));
        Assert.Equal("1:b", await host.AskAsync("b")); // another handler
        await host.StopAsync();
        Assert.Equal((2, 2, 2), (host.Log.Made, host.Log.Closed, host.Log.ScopesEnded));
    }

    [Fact]
    public async Task The_scope_of_a_connect_that_fails_ends_as_well()
    {
        await using TestHost host = TestHost.Create(HandlerLifetime.PerConnection);
        host.Log.FailConnect = true;
        await host.StartAsync();
        Assert.Equal("", await host.AskAsync("a"));
        await host.StopAsync();
        Assert.Equal((1, 0, 1), (host.Log.Made, host.Log.Closed, host.Log.ScopesEnded));
    }

    [Fact]
    public async Task Mistakes_fail_the_start_all_at_once()
    {
        await using TestHost host = TestHost.Create(
            HandlerLifetime.Shared, ("loops", "0"), ("endpoints:echo:listen", "7000"), ("sources:x", "1"));
        SettingsException failure = await Assert.ThrowsAsync<SettingsException>(host.StartAsync);
        Assert.Equal(
            [
                "longwire:loops: '0' must be a whole number from 1 to 64",
                "longwire:endpoints:echo:listen: '7000' is no listen address: write HOST:PORT, "
                    + "as in tcp://127.0.0.1:2323",
            ],
            failure.Problems.Select(static problem => problem.ToString()));
    }

    [Theory]
    [InlineData("allowed", "")]
    [InlineData("allowed", " ")]
    [InlineData("allowed", ",")]
    [InlineData("allowed:0", "")] // of a variable that is not set
    public async Task Negotiate_that_allows_nobody_does_not_allow_everybody(string key, string value)
    {
        await using TestHost host = TestHost.Create(
            HandlerLifetime.Shared, ($"endpoints:echo:negotiate:{key}", value));
        SettingsException failure = await Assert.ThrowsAsync<SettingsException>(host.StartAsync);
        Assert.Equal(
            "longwire:endpoints:echo:negotiate:allowed: it names nobody; name somebody, or leave the key out to admit "
                + "everybody who is authenticated",
            $"{Assert.Single(failure.Problems)}");
    }

    [Fact]
    public async Task A_name_that_is_not_set_is_not_left_out_silently()
    {
        await using TestHost host = TestHost.Create(
            HandlerLifetime.Shared, ("endpoints:echo:negotiate:allowed:0", "alice@EXAMPLE.ORG"),
            ("endpoints:echo:negotiate:allowed:1", ""));
        SettingsException failure = await Assert.ThrowsAsync<SettingsException>(host.StartAsync);
        Assert.Equal(
            "longwire:endpoints:echo:negotiate:allowed: one of the names is empty; write it, or leave it out",
            $"{Assert.Single(failure.Problems)}");
    }

    [Fact]
    public async Task Health_is_unhealthy_before_and_after_and_healthy_between()
    {
        await using TestHost host = TestHost.Create(HandlerLifetime.Shared);
        Assert.Equal(HealthStatus.Unhealthy, await host.HealthAsync());
        await host.StartAsync();
        Assert.Equal(HealthStatus.Healthy, await host.HealthAsync());
        await host.StopAsync();
        Assert.Equal(HealthStatus.Unhealthy, await host.HealthAsync());
    }

    [Fact]
    public async Task An_endpoint_that_is_not_required_fails_alone()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        await using TestHost host = TestHost.Create(
            HandlerLifetime.Shared,
            ("endpoints:busy:protocol", "echo"), ("endpoints:busy:required", "false"),
            ("endpoints:busy:listen", $"{taken.LocalEndpoint}"),
            ("endpoints:secret:protocol", "echo"), ("endpoints:secret:required", "false"),
            ("endpoints:secret:tls:certificates:0:certificate", Path.GetFullPath("/no/such.pem")));
        await host.StartAsync();
        Assert.Equal("1:a", await host.AskAsync("a"));
        Assert.Equal(HealthStatus.Degraded, await host.HealthAsync());
        Dictionary<string, EndpointStatus> endpoints =
            host.Service<LongwireStatus>().Endpoints.ToDictionary(static endpoint => endpoint.Name);
        Assert.Contains("in use", endpoints["busy"].Problem, StringComparison.Ordinal);
        Assert.Contains(
            "longwire:endpoints:secret:tls:certificates:0:certificate", endpoints["secret"].Problem,
            StringComparison.Ordinal);
        Assert.Equal(endpoints["echo"].Address, Assert.Single(host.Service<TcpServer>().Addresses));
    }

    [Fact]
    public async Task An_address_of_the_applications_own_is_no_settings_fault()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        string address = $"tcp://{taken.LocalEndpoint}";
        await using (TestHost host = TestHost.Create(
            HandlerLifetime.Shared, (_, server) => server.Listen(address, static e => e.Framing(s_lines))))
        {
            ListenException failure = await Assert.ThrowsAsync<ListenException>(host.StartAsync);
            Assert.Equal(address, failure.Address.ToString());
        }
        await using (TestHost host = TestHost.Create(
            HandlerLifetime.Shared, (_, server) => server
                .Listen(address, static e => e.Framing(s_lines).Optional())
                .Listen(":0", static e => e.Framing(s_lines))))
        {
            await host.StartAsync();
            Assert.Equal("1:a", await host.AskAsync("a"));
            TcpServer server = host.Service<TcpServer>();
            Assert.Single(server.Unbound);
            // The status is that of the configuration's endpoints.
            EndpointStatus echo = Assert.Single(host.Service<LongwireStatus>().Endpoints);
            Assert.Equal(new EndpointStatus("echo", server.Addresses[0], Problem: null), echo);
        }
    }

    [Fact]
    public async Task Of_two_endpoints_on_one_address_each_is_told_its_own_failure()
    {
        await using TestHost host = TestHost.Create(
            HandlerLifetime.Shared, [.. from name in (string[])["a", "b"] // no machine has the address
                from setting in (string[])["protocol=echo", "required=false", "listen=192.0.2.1:0"]
                select ($"endpoints:{name}:{setting.Split('=')[0]}", setting.Split('=')[1])]);
        await host.StartAsync();
        EndpointStatus[] endpoints = [.. host.Service<LongwireStatus>().Endpoints];
        Assert.Equal(
            [("a", null), ("b", null), ("echo", host.Service<TcpServer>().Addresses[0])],
            endpoints.Select(static endpoint => (endpoint.Name, endpoint.Address)));
        Assert.All(endpoints[..2], static endpoint => Assert.Contains("no such address", endpoint.Problem));
    }

    [Fact]
    public async Task Too_little_memory_is_the_ceilings_fault_and_nothing_else_is()
    {
        await using (TestHost host = TestHost.Create(
            HandlerLifetime.Shared, ("loops", "64"), ("memory:ceilingBytes", "1MiB")))
        {
            SettingsException failure = await Assert.ThrowsAsync<SettingsException>(host.StartAsync);
            Assert.Equal("longwire:memory:ceilingBytes", Assert.Single(failure.Problems).Key);
        }
        await using (TestHost host = TestHost.Create(HandlerLifetime.Shared))
        {
            await host.Service<TcpServer>().StartAsync(Cancellation);
            InvalidOperationException failure =
                await Assert.ThrowsAsync<InvalidOperationException>(host.StartAsync);
            Assert.Contains("started once", failure.Message, StringComparison.Ordinal);
        }
    }

    [Fact]
    public async Task Systemd_is_told_when_it_is_ready_lives_and_stops()
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "Windows has no systemd.");
        string path = Path.Combine(Path.GetTempPath(), $"longwire-notify-{Environment.ProcessId}.sock");
        File.Delete(path);
        using var systemd = new Socket(AddressFamily.Unix, SocketType.Dgram, ProtocolType.Unspecified);
        systemd.Bind(new UnixDomainSocketEndPoint(path));
        try
        {
            var time = new Microsoft.Extensions.Time.Testing.FakeTimeProvider();
            await using TestHost host = TestHost.Create(HandlerLifetime.Shared);
            await host.StartAsync();
            var variables = new Dictionary<string, string> { ["NOTIFY_SOCKET"] = path, ["WATCHDOG_USEC"] = "20000000" };
            using var notifier = new SystemdNotifier(
                host.Service<TcpServer>(), time,
                Microsoft.Extensions.Logging.Abstractions.NullLogger<SystemdNotifier>.Instance,
                variables.GetValueOrDefault);
            await notifier.StartedAsync(Cancellation);
            string address = host.Service<TcpServer>().Addresses[0];
            Assert.Equal($"READY=1\nSTATUS=Listening on {address}", await ReceiveAsync(systemd));
            Assert.Equal("WATCHDOG=1", await ReceiveAsync(systemd));
            time.Advance(TimeSpan.FromSeconds(10));
            Assert.Equal("WATCHDOG=1", await ReceiveAsync(systemd));
            await notifier.StoppingAsync(Cancellation);
            Assert.Equal("STOPPING=1", await ReceiveAsync(systemd));
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void The_limit_of_descriptors_is_the_soft_one()
    {
        string path = Path.GetTempFileName();
        try
        {
            File.WriteAllText(path, "Limit  Soft Limit  Hard Limit  Units\nMax open files   1024   524288   files\n");
            Assert.Equal(1024, Descriptors.Read(path));
            File.WriteAllText(path, "Max open files   unlimited   unlimited   files\n");
            Assert.Null(Descriptors.Read(path));
        }
        finally
        {
            File.Delete(path);
        }
        Assert.Null(Descriptors.Read(path));
    }

    private static async Task<string> ReceiveAsync(Socket socket)
    {
        byte[] bytes = new byte[4096];
        int count = await socket.ReceiveAsync(bytes.AsMemory(), Cancellation).AsTask()
            .WaitAsync(TestHost.Deadline, Cancellation);
        return System.Text.Encoding.UTF8.GetString(bytes, 0, count);
    }
}
