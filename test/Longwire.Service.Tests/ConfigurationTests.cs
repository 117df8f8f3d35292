using System.IO.Compression;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using System.Text.RegularExpressions;
using Longwire.ServerTests;
using Longwire.Service.Certificates;
using Longwire.Service.Configuration;
using Longwire.Service.Hosting;
using Longwire.Transport;

namespace Longwire.Service.Tests;

/// <summary>The service from its file: layers, endpoints, and what the layers do on the wire.</summary>
public sealed partial class ConfigurationTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("longwire-config-").FullName;

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    private string FilePath => Path.Combine(_folder, "longwire.json");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Later_layers_count_more_and_config_says_which_counts()
    {
        await WriteAsync("""
            // a comment
            { "longwire": {
                "loops": 1,
                "limits": { "maxConnections": 100, "drainTimeout": "3s" },
                "endpoints": { "console": { "listen": ":2323", "outboxAge": "20s" } },
            } }
            """);
        string[] lines = await ShowAsync(
            new() { ["LONGWIRE__LIMITS__MAXCONNECTIONS"] = "200", ["LONGWIRE__ENDPOINTS__CONSOLE__LISTEN"] = ":2324" },
            "config", "--config", FilePath, "--telnet", ":2325");
        Assert.Equal($"# file: {FilePath}", lines[0]);
        Assert.Contains("longwire:loops = 1 # file", lines);
        Assert.Contains("longwire:poller = automatic # default", lines);
        Assert.Contains("longwire:limits:drainTimeout = 3s # file", lines);
        Assert.Contains("longwire:limits:maxConnections = 200 # environment", lines);
        Assert.Contains("longwire:endpoints:console:listen = :2325 # command line", lines);
        Assert.Contains("longwire:endpoints:console:outboxAge = 20s # file", lines);
    }

    [Fact]
    public async Task A_password_is_never_shown()
    {
        (string certificate, string key) = MakeCertificate();
        string pfx = Path.Combine(_folder, "server.pfx");
        using (var pair = X509Certificate2.CreateFromPemFile(certificate, key))
            await File.WriteAllBytesAsync(pfx, pair.Export(X509ContentType.Pfx, "secret"), Cancellation);
        await WriteAsync($$"""
            { "longwire": { "endpoints": { "console": { "tls": { "certificates": [
                { "certificate": "{{pfx}}", "password": "secret" } ] } } } } }
            """);
        string[] lines = await ShowAsync([], "config", "--config", FilePath);
        Assert.Contains($"longwire:endpoints:console:tls:certificates:0:certificate = {pfx} # file", lines);
        Assert.DoesNotContain(lines, static line => line.Contains("secret", StringComparison.Ordinal));
    }

    [Fact]
    public async Task The_file_is_the_options_the_variables_the_users()
    {
        string home = Path.Combine(_folder, "home");
        string users = Path.Combine(home, ".config", "longwire", "longwire.json");
        var environment = new Dictionary<string, string> { ["HOME"] = home };
        Assert.SkipUnless(OperatingSystem.IsLinux(), "The user's folder is the system's affair elsewhere.");
        Directory.CreateDirectory(Path.GetDirectoryName(users)!);
        await File.WriteAllTextAsync(users, """{ "longwire": { "loops": 3 } }""", Cancellation);
        Assert.Contains("longwire:loops = 3 # file", await ShowAsync(environment, "config"));
        await WriteAsync("""{ "longwire": { "loops": 4 } }""");
        environment["LONGWIRE_CONFIG"] = FilePath;
        Assert.Contains("longwire:loops = 4 # file", await ShowAsync(environment, "config"));
        Assert.Contains("longwire:loops = 3 # file", await ShowAsync(environment, "config", "--config", users));
        environment["XDG_CONFIG_HOME"] = Path.Combine(_folder, "empty");
        environment.Remove("LONGWIRE_CONFIG");
        Assert.SkipWhen(File.Exists("/etc/longwire/longwire.json"), "This machine has a configuration.");
        Assert.Equal("# file: none", (await ShowAsync(environment, "config"))[0]);
    }

    [Fact]
    public async Task Init_writes_a_file_that_check_likes_and_only_once()
    {
        string path = Path.Combine(_folder, "new", "longwire.json");
        (int code, string output, string error) = await RunAsync([], "config", "init", path);
        Assert.Equal((0, ""), (code, error));
        Assert.StartsWith($"Wrote {path}\n", output);
        (code, output, _) = await RunAsync([], "config", "check", "--config", path);
        Assert.Equal((0, $"{path}: good; endpoints: console\n"), (code, output));
        Assert.Equal(
            (1, "", $"longwire: config init: '{path}' is there already; name another, or write over it with --force\n"),
            await RunAsync([], "config", "init", path));
        Assert.Equal(0, (await RunAsync([], "config", "init", path, "--force")).Code);
        Assert.Equal((0, CommentedFile.Text, ""), await RunAsync([], "config", "init", "-"));
    }

    [Fact]
    public async Task Every_commented_line_is_true()
    {
        // All of them at once, as if somebody had uncommented the whole file; meanings stay comments.
        string json = CommentedSetting().Replace(CommentedFile.Text, "$1")
            .Replace("Certificates\": \"none\"", "Certificates\": \"required\"", StringComparison.Ordinal)
            .Replace("\"maxConnections\": 100000", "\"maxConnections\": 500", StringComparison.Ordinal) // descriptors
            .Replace("PerAddress\": 20000", "PerAddress\": 500", StringComparison.Ordinal);
        await WriteAsync(json);
        (int code, _, string error) = await RunAsync([], "config", "check", "--config", FilePath);
        Assert.Equal(1, code);
        // The example's certificate, and nothing else.
        Assert.Matches("^longwire: .*TLS cannot use /etc/longwire/", error);
        Assert.Single(error.TrimEnd('\n').Split('\n'));
    }

    [Fact]
    public async Task The_example_of_the_guide_is_good()
    {
        string guide = await File.ReadAllTextAsync(Document("docs/service/configuration.md"), Cancellation);
        await WriteAsync(guide.Split("```json\n")[1].Split("```")[0]);
        (int code, string output, string error) = await RunAsync([], "config", "check", "--config", FilePath);
        Assert.Equal((0, ""), (code, error));
        Assert.StartsWith($"{FilePath}: good; endpoints: console\nleft out, as it is not required: outside: ", output);
        Assert.Contains("TLS cannot use /etc/longwire/", output); // the example's certificate is not here
    }

    [Fact]
    public async Task Tls_from_the_file_shows_a_renewed_certificate_to_new_clients()
    {
        (string certificate, string key) = MakeCertificate();
        await WriteAsync($$"""
            { "longwire": { "endpoints": { "console": { "listen": ":0", "tls": {
                "certificates": [ { "certificate": "{{certificate}}", "key": "{{key}}" } ],
                "reloadInterval": "1ms" } } } } }
            """);
        await using ServiceHost host = await StartAsync();
        string before = await ThumbprintAsync(host);
        Assert.Equal(before, await ThumbprintAsync(host));
        MakeCertificate();
        string renewed = X509CertificateLoader.LoadCertificateFromFile(certificate).Thumbprint;
        Assert.NotEqual(before, renewed);
        using var deadline = new CancellationTokenSource(LineClient.Deadline);
        while (await ThumbprintAsync(host) != renewed)
            Assert.False(deadline.IsCancellationRequested, "Waited for the renewed certificate.");
        await host.StopAsync(Cancellation);
    }

    [Fact]
    public async Task Deflate_from_the_file_works_both_ways()
    {
        await WriteAsync("""
            { "longwire": { "endpoints": { "console": {
                "listen": ":0", "deflate": { "minBytes": 1, "inbound": {} } } } } }
            """);
        await using ServiceHost host = await StartAsync();
        using TcpClient client = await ConnectAsync(host);
        NetworkStream stream = client.GetStream();
        using var reader = new StreamReader(new DeflateStream(stream, CompressionMode.Decompress));
        Assert.StartsWith("# longwire ", await ReadLineAsync(reader));
        await using (var writer = new DeflateStream(stream, CompressionLevel.Fastest, leaveOpen: true))
        {
            await writer.WriteAsync("get longwire/health\n"u8.ToArray(), Cancellation);
            await writer.FlushAsync(Cancellation);
            Assert.StartsWith("longwire/health {", await ReadLineAsync(reader));
        }
        client.Close();
        await host.StopAsync(Cancellation);
    }

    [Fact]
    public async Task A_Feed_endpoint_from_the_file_is_read_by_the_client_in_Python()
    {
        await WriteAsync("""
            { "longwire": { "endpoints": { "feed": { "listen": ":0" } } } }
            """);
        await using ServiceHost host = await StartAsync();
        string client = Document("samples/PythonFeed/longwire_feed.py");
        string address = host.Server.Addresses[0]["tcp://".Length..];
        await using Tool got = Tool.Start("python3", "-B", client, "--server", address, "get", "longwire/health");
        Assert.Matches(@"^longwire/health [0-9]+ \{", await got.ReadToEnd());
        await using Tool published = Tool.Start("python3", "-B", client, "--server", address, "publish", "a", "1");
        Assert.Equal("1\n", await published.ReadToEnd());
        await using Tool refused = Tool.Start("python3", "-B", client, "--server", address, "publish", "$SYS/a", "1");
        Assert.Equal("", await refused.ReadToEnd()); // what is wrong is on standard error
        await host.StopAsync(Cancellation);
    }

    [Fact]
    public async Task Each_endpoint_is_announced_with_the_client_that_it_takes()
    {
        await WriteAsync("""
            { "longwire": { "endpoints": {
                "a": { "protocol": "console", "listen": ":0" },
                "b": { "protocol": "console", "listen": ":0", "deflate": {} },
                "c": { "protocol": "Feed", "listen": ":0" } } } }
            """);
        using var output = new StringWriter { NewLine = "\n" };
        await using ServiceHost host = await StartAsync(output);
        string[] ports = [.. host.Server.Addresses.Select(static address => address.Split(':')[^1])];
        Assert.Equal(
            [
                $"Listening on 127.0.0.1:{ports[0]} - try: nc 127.0.0.1 {ports[0]}, then type: watch host/cpu",
                $"Listening on 127.0.0.1:{ports[1]}",
                $"Listening on 127.0.0.1:{ports[2]} - try: longwire watch 'host/#' "
                    + $"--server tcp://127.0.0.1:{ports[2]}",
            ],
            output.ToString().TrimEnd('\n').Split('\n'));
        await host.StopAsync(Cancellation);
    }

    [Fact]
    public async Task A_balancer_from_the_file_is_believed()
    {
        await WriteAsync("""
            { "longwire": { "endpoints": { "console": { "listen": ":0", "proxy": [ "10.0.0.0/8", "127.0.0.1" ] } } } }
            """);
        await using ServiceHost host = await StartAsync();
        using TcpClient client = await ConnectAsync(host);
        NetworkStream stream = client.GetStream();
        await stream.WriteAsync("PROXY TCP4 192.0.2.1 192.0.2.9 1 2\r\nwho\n"u8.ToArray(), Cancellation);
        using var reader = new StreamReader(stream);
        string line;
        do
        {
            line = await ReadLineAsync(reader);
        }
        while (!line.Contains("192.0.2.1:1", StringComparison.Ordinal) && line.Length > 0);
        Assert.Contains("192.0.2.1:1", line);
        client.Close();
        await host.StopAsync(Cancellation);
    }

    [Fact]
    public async Task Negotiate_from_the_file_admits_nobody_unknown()
    {
        await WriteAsync("""
            { "longwire": { "endpoints": { "console": { "listen": ":0", "negotiate": {} } } } }
            """);
        ServiceHost host;
        try
        {
            host = await StartAsync();
        }
        catch (Longwire.Hosting.Settings.SettingsException exception)
        {
            Assert.StartsWith("longwire:endpoints:console:negotiate: Negotiate needs libgssapi", exception.Message);
            return; // no GSSAPI on this machine, and the message says so
        }
        await using (host)
        {
            using TcpClient client = await ConnectAsync(host);
            await client.GetStream().WriteAsync("get longwire/health\n"u8.ToArray(), Cancellation);
            var all = new byte[256];
            int count = 0;
            try
            {
                count = await client.GetStream().ReadAsync(all, Cancellation).AsTask()
                    .WaitAsync(LineClient.Deadline, Cancellation);
            }
            catch (IOException)
            {
                count = 0; // aborted
            }
            Assert.DoesNotContain("longwire", Encoding.UTF8.GetString(all, 0, count));
            await host.StopAsync(Cancellation);
        }
    }

    [Fact]
    public async Task Health_says_which_endpoint_is_left_out()
    {
        using var taken = new TcpListener(IPAddress.Loopback, 0);
        taken.Start();
        await WriteAsync($$"""
            { "longwire": { "endpoints": {
                "console": { "listen": ":0" },
                "second": { "protocol": "console", "listen": "{{taken.LocalEndpoint}}", "required": false } } } }
            """);
        await using ServiceHost host = await StartAsync();
        using TcpClient client = await ConnectAsync(host);
        using var reader = new StreamReader(client.GetStream());
        await client.GetStream().WriteAsync("watch longwire/health\n"u8.ToArray(), Cancellation);
        string line;
        do
        {
            line = await ReadLineAsync(reader);
        }
        while (!line.Contains("degraded", StringComparison.Ordinal) && line.Length > 0);
        Assert.Contains("\"second\":\"Cannot listen on tcp://127.0.0.1:", line);
        client.Close();
        await host.StopAsync(Cancellation);
    }

    private static string Document(string path, [CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "../..", path);

    [GeneratedRegex(@"^( *)// (?= *[""}\]/])", RegexOptions.Multiline)]
    private static partial Regex CommentedSetting();

    private static async Task<TcpClient> ConnectAsync(ServiceHost host)
    {
        var client = new TcpClient();
        await client.ConnectAsync(
            (IPEndPoint)ListenAddress.Parse(host.Server.Addresses[0]).EndPoint, Cancellation);
        return client;
    }

    private static async Task<string> ReadLineAsync(StreamReader reader) =>
        await reader.ReadLineAsync(Cancellation).AsTask().WaitAsync(LineClient.Deadline, Cancellation) ?? "";

    private static async Task<string> ThumbprintAsync(ServiceHost host)
    {
        using TcpClient client = await ConnectAsync(host);
        await using var stream = new SslStream(client.GetStream());
        await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            RemoteCertificateValidationCallback = static (_, shown, _, _) => shown is not null, // which one is asked
        }, Cancellation).WaitAsync(LineClient.Deadline, Cancellation);
        return ((X509Certificate2)stream.RemoteCertificate!).Thumbprint;
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(
        Dictionary<string, string> environment, params string[] args)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        int code = await LongwireCommand.RunAsync(args, output, error, environment)
            .WaitAsync(LineClient.Deadline, Cancellation);
        return (code, output.ToString().ReplaceLineEndings("\n"), error.ToString());
    }

    /// <summary>What <c>config</c> prints, its columns' blanks aside.</summary>
    private static async Task<string[]> ShowAsync(Dictionary<string, string> environment, params string[] args)
    {
        (int code, string output, string error) = await RunAsync(environment, args);
        Assert.Equal((0, ""), (code, error));
        return [.. output.TrimEnd('\n').Split('\n').Select(static line =>
            string.Join(' ', line.Split(' ', StringSplitOptions.RemoveEmptyEntries)))];
    }

    private Task WriteAsync(string text) => File.WriteAllTextAsync(FilePath, text, Cancellation);

    private (string Certificate, string Key) MakeCertificate()
    {
        (string certificate, string key, _) =
            DevelopmentCertificate.Write(_folder, ["localhost"], TimeProvider.System.GetUtcNow());
        return (certificate, key);
    }

    private async Task<ServiceHost> StartAsync(TextWriter? output = null)
    {
        Assert.True(CommandLineSettings.TryCreate(
            null, null, [], null, null, null, static _ => null, out CommandLineSettings? none, out _));
        Assert.True(ServiceConfiguration.TryLoad(
            FilePath, new Dictionary<string, string>(), none, out ServiceConfiguration? configuration, out _));
        var host = new ServiceHost(configuration.Root, output ?? TextWriter.Null, static _ => { });
        await host.StartAsync(Cancellation);
        return host;
    }
}
