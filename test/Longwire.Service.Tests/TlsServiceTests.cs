using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using Longwire.Service.Certificates;
using Longwire.Service.Hosting;
using Longwire.Transport;

namespace Longwire.Service.Tests;

/// <summary>The development certificate, and the console with TLS.</summary>
public sealed class TlsServiceTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("longwire-cert-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Cert_dev_makes_a_certificate_that_the_console_serves_with()
    {
        (int code, string output, string error) = await RunAsync(
            "cert", "dev", "--data", _folder, "--name", "lab.example.org", "--name", "192.0.2.7");
        Assert.Equal((ExitCodes.Success, ""), (code, error));
        string certificate = Path.Combine(_folder, DevelopmentCertificate.CertificateFile);
        string key = Path.Combine(_folder, DevelopmentCertificate.KeyFile);
        foreach (string told in (string[])
            [
                certificate, key, "lab.example.org", "192.0.2.7", "update-ca-certificates",
                $"--tls-certificate {certificate}",
            ])
        {
            Assert.Contains(told, output);
        }
        if (!OperatingSystem.IsWindows())
            Assert.Equal(UnixFileMode.UserRead | UnixFileMode.UserWrite, File.GetUnixFileMode(key));

        using var text = new StringWriter();
        await using var host = new ServiceHost(
            TestConfiguration.Console(
                ("tls:certificates:0:certificate", certificate), ("tls:certificates:0:key", key)),
            text, static _ => { });
        await host.StartAsync(TestContext.Current.CancellationToken);
        int port = ((System.Net.IPEndPoint)ListenAddress.Parse(host.Server.Addresses[0]).EndPoint).Port;
        Assert.Equal(
            $"Listening on 127.0.0.1:{port} with TLS - try: openssl s_client -quiet -connect 127.0.0.1:{port}, "
            + "then type: watch host/cpu\n",
            text.ToString().ReplaceLineEndings("\n"));
        foreach (string name in (string[])["localhost", "127.0.0.1", "lab.example.org"])
            Assert.StartsWith("# longwire ", await GreetingAsync(port, name, certificate));
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public async Task Cert_dev_writes_over_an_older_one()
    {
        await RunAsync("cert", "dev", "--data", _folder);
        string key = Path.Combine(_folder, DevelopmentCertificate.KeyFile);
        string before = await File.ReadAllTextAsync(key, TestContext.Current.CancellationToken);
        Assert.Equal(ExitCodes.Success, (await RunAsync("cert", "dev", "--data", _folder)).Code);
        Assert.NotEqual(before, await File.ReadAllTextAsync(key, TestContext.Current.CancellationToken));
        Assert.Equal(2, Directory.GetFiles(_folder).Length);
    }

    [Fact]
    public async Task Cert_dev_says_in_one_line_where_it_cannot_write()
    {
        string file = Path.Combine(_folder, "file");
        await File.WriteAllTextAsync(file, "", TestContext.Current.CancellationToken);
        (int code, string output, string error) = await RunAsync("cert", "dev", "--data", Path.Combine(file, "x"));
        Assert.Equal((ExitCodes.Failure, ""), (code, output));
        Assert.StartsWith("longwire: --data: ", error);
        Assert.Single(error.TrimEnd('\n').Split('\n'));
    }

    [Theory]
    [InlineData("--tls-key: name the key's certificate with --tls-certificate, too", "--tls-key", "k.pem")]
    [InlineData("--tls-client-ca: TLS needs --tls-certificate, too", "--tls-client-ca", "ca.pem")]
    [InlineData("--tls-key: a PFX file has its key in it; leave the option out", "--tls-certificate", "c.pfx",
        "--tls-key", "k.pem")]
    public async Task Options_that_do_not_go_together_are_told_in_one_line(string problem, params string[] args) =>
        Assert.Equal((ExitCodes.Failure, "", $"longwire: {problem}\n"), await RunAsync(args));

    [Fact]
    public async Task A_certificate_that_cannot_be_used_is_told_in_one_line()
    {
        string path = Path.Combine(_folder, "none.pem");
        Assert.Equal(
            (ExitCodes.Failure, "",
                $"longwire: --tls-certificate: TLS cannot use {path}: there is no such file; check the path.\n"),
            await RunAsync("--telnet", ":0", "--tls-certificate", path));
        await RunAsync("cert", "dev", "--data", _folder);
        string certificate = Path.Combine(_folder, DevelopmentCertificate.CertificateFile);
        string key = Path.Combine(_folder, DevelopmentCertificate.KeyFile);
        Assert.Equal(
            (ExitCodes.Failure, "",
                $"longwire: --tls-key: TLS cannot use {path}: there is no such file; check the path.\n"),
            await RunAsync("--telnet", ":0", "--tls-certificate", certificate, "--tls-key", path));
        Assert.Equal(
            (ExitCodes.Failure, "",
                $"longwire: --tls-client-ca: TLS cannot use {path}: there is no such file; check the path.\n"),
            await RunAsync(
                "--telnet", ":0", "--tls-certificate", certificate, "--tls-key", key, "--tls-client-ca", path));
    }

    private static async Task<string> GreetingAsync(int port, string name, string authority)
    {
        using var socket = new TcpClient();
        await socket.ConnectAsync("127.0.0.1", port, TestContext.Current.CancellationToken);
        await using var stream = new SslStream(socket.GetStream());
        var policy = new X509ChainPolicy
        {
            TrustMode = X509ChainTrustMode.CustomRootTrust,
            RevocationMode = X509RevocationMode.NoCheck,
        };
        policy.CustomTrustStore.ImportFromPemFile(authority);
        var options = new SslClientAuthenticationOptions { TargetHost = name, CertificateChainPolicy = policy };
        await stream.AuthenticateAsClientAsync(options, TestContext.Current.CancellationToken)
            .WaitAsync(LineClient.Deadline, TestContext.Current.CancellationToken);
        using var reader = new StreamReader(stream);
        return await reader.ReadLineAsync(TestContext.Current.CancellationToken).AsTask()
            .WaitAsync(LineClient.Deadline, TestContext.Current.CancellationToken) ?? "";
    }

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] args)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        int code = await LongwireCommand.RunAsync(args, output, error)
            .WaitAsync(LineClient.Deadline, TestContext.Current.CancellationToken);
        return (code, output.ToString(), error.ToString());
    }
}
