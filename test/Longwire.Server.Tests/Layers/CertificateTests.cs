using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Longwire.Transport.Layers;

namespace Longwire.ServerTests;

/// <summary>Certificates from files, and what a server says that cannot use one.</summary>
public sealed class CertificateTests
{
    [Fact]
    public async Task Pairs_chains_and_PFX_files_are_loaded()
    {
        using var folder = new CertificateFolder();
        (string certificate, string key) = folder.WritePair("pair", TestCertificates.Server);
        string both = folder.Write("both.pem", File.ReadAllText(certificate) + "\n" + File.ReadAllText(key));
        string chain = folder.Write(
            "chain.pem", File.ReadAllText(certificate) + "\n" + TestCertificates.Authority.ExportCertificatePem());
        string locked = folder.Write("locked.key", TestCertificates.Server.GetECDsaPrivateKey()!
            .ExportEncryptedPkcs8PrivateKeyPem("secret", new PbeParameters(
                PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000)));
        string pfx = folder.Write("server.pfx", TestCertificates.Server.Export(X509ContentType.Pfx, "secret"));
        foreach (TlsCertificate source in (TlsCertificate[])
            [
                TlsCertificate.FromPem(certificate, key),
                TlsCertificate.FromPem(both, both),
                TlsCertificate.FromPem(chain, key),
                TlsCertificate.FromPem(certificate, locked, "secret"),
                TlsCertificate.FromPfx(pfx, "secret"),
            ])
        {
            await using ServerBench bench = await ServerBench.Start(PollerKind.Automatic, e => e
                .Framing(Lines.Utf8(maxBytes: 100))
                .UseTls(tls => tls.Certificate(source))
                .OnMessageInline(static (connection, line) => connection.Send(line)));
            using TlsClient client = await TlsClient.Connect(bench.Address);
            await client.Send("hello\n");
            Assert.Equal("hello", await client.ReadLine());
        }
    }

    [Fact]
    public void A_certificate_that_cannot_be_used_is_named_with_the_cure()
    {
        using var folder = new CertificateFolder();
        (string certificate, string key) = folder.WritePair("server", TestCertificates.Server);
        (string _, string otherKey) = folder.WritePair("other", TestCertificates.Issue("other"));
        (string expired, string expiredKey) = folder.WritePair("expired", TestCertificates.Issue(
            "old", from: DateTimeOffset.UtcNow.AddDays(-9), to: DateTimeOffset.UtcNow.AddDays(-2)));
        (string future, string futureKey) = folder.WritePair("future", TestCertificates.Issue(
            "new", from: DateTimeOffset.UtcNow.AddDays(2), to: DateTimeOffset.UtcNow.AddDays(9)));
        string locked = folder.Write("locked.key", TestCertificates.Server.GetECDsaPrivateKey()!
            .ExportEncryptedPkcs8PrivateKeyPem("secret", new PbeParameters(
                PbeEncryptionAlgorithm.Aes256Cbc, HashAlgorithmName.SHA256, 1000)));
        string pfx = folder.Write("server.pfx", TestCertificates.Server.Export(X509ContentType.Pfx, "secret"));
        string keyless = folder.Write("keyless.pfx", TestCertificates.Authority.Export(X509ContentType.Cert) is { } der
            ? new X509Certificate2Collection(X509CertificateLoader.LoadCertificate(der)).Export(X509ContentType.Pfx)!
            : []);
        string text = folder.Write("text.pem", "hello");
        string damaged = folder.Write(
            "damaged.pem", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
        string damagedKey = folder.Write(
            "damaged.key", "-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n");
        Refused(TlsCertificate.FromPem(folder.PathOf("none.pem"), key), "none.pem", "no such file; check the path");
        Refused(TlsCertificate.FromPem(certificate, folder.PathOf("none.key")), "none.key", "no such file");
        Refused(TlsCertificate.FromPem(text, key), "text.pem", "no certificate in PEM form in it; check the path");
        Refused(TlsCertificate.FromPem(certificate, text), "text.pem", "no private key in PEM form in it");
        Refused(TlsCertificate.FromPem(damaged, key), "damaged.pem", "damaged");
        Refused(TlsCertificate.FromPem(certificate, damagedKey), "damaged.key", "damaged");
        Refused(TlsCertificate.FromPem(certificate, otherKey), "other.key", "not the key of");
        Refused(TlsCertificate.FromPem(certificate, locked), "locked.key", "the key is encrypted; set its password");
        Refused(TlsCertificate.FromPem(certificate, locked, "wrong"), "locked.key", "the password is wrong");
        Refused(TlsCertificate.FromPem(expired, expiredKey), "expired.pem", "it expired on");
        Refused(TlsCertificate.FromPem(future, futureKey), "future.pem", "not valid before");
        Refused(TlsCertificate.FromPfx(folder.PathOf("none.pfx")), "none.pfx", "no such file");
        Refused(TlsCertificate.FromPfx(pfx), "server.pfx", "it needs a password; set it");
        Refused(TlsCertificate.FromPfx(pfx, "wrong"), "server.pfx", "the password is wrong");
        Refused(TlsCertificate.FromPfx(text), "text.pem", "no PFX file");
        Refused(TlsCertificate.FromPfx(keyless), "keyless.pfx", "no certificate with a private key");
        Refused(
            TlsCertificate.From(X509CertificateLoader.LoadCertificate(TestCertificates.Server.RawData)), "localhost",
            "private key is missing");
        Refused(
            TlsCertificate.FromStore("00"), "LocalMachine/My",
            OperatingSystem.IsWindows() ? "check the thumbprint" : "PEM or PFX files are the usual way");
    }

    [Fact]
    public void A_file_without_permission_is_named_with_the_cure()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("modes are a matter of Unix");
            return;
        }
        using var folder = new CertificateFolder();
        (string certificate, string key) = folder.WritePair("server", TestCertificates.Server);
        File.SetUnixFileMode(key, UnixFileMode.None);
        Assert.SkipWhen(geteuid() == 0, "root may read every file");
        Refused(TlsCertificate.FromPem(certificate, key), "server.key", "give this process's user the permission");
    }

    [Fact]
    public void Options_out_of_range_are_named()
    {
        Assert.Contains("at least one certificate", Assert.Throws<ArgumentException>(
            () => new TlsServerLayer(new TlsServerOptions())).Message, StringComparison.Ordinal);
        Assert.Contains("ReloadInterval", Assert.Throws<ArgumentException>(
            () => new TlsServerLayer(new TlsServerOptions
            {
                Certificates = [TestCertificates.ServerSource],
                ReloadInterval = TimeSpan.Zero,
            })).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Checks_of_certificates_that_nobody_is_asked_for_are_refused(bool authorities)
    {
        using var folder = new CertificateFolder();
        Assert.Contains("they need ClientCertificates", Assert.Throws<ArgumentException>(
            () => new TlsServerLayer(new TlsServerOptions
            {
                Certificates = [TestCertificates.ServerSource],
                ClientAuthorities = authorities ? folder.Authority : null,
                ClientRevocation = authorities ? X509RevocationMode.NoCheck : X509RevocationMode.Offline,
            })).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task An_authority_that_cannot_be_looked_at_is_reported_once_and_looked_at_again()
    {
        if (OperatingSystem.IsWindows())
        {
            Assert.Skip("links that lead to themselves are a matter of Unix");
            return;
        }
        using var folder = new CertificateFolder();
        string authority = folder.Authority;
        await using ServerBench bench = await ServerBench.Start(PollerKind.Automatic, e => e
            .Framing(Lines.Utf8(maxBytes: 100))
            .UseTls(tls => tls
                .Certificate(TestCertificates.ServerSource)
                .ClientCertificates(ClientCertificates.Optional, authority)
                .ReloadInterval(TimeSpan.FromTicks(1)))
            .OnMessageInline(static (connection, line) => connection.Send(line)));
        bench.ExpectedErrors.Add("keeps its certificates");
        File.Delete(authority);
        File.CreateSymbolicLink(authority, authority); // ELOOP
        for (int i = 0; i < 3; i++)
            await Echo(bench);
        await Wait.Until(() => Count(bench, 1107) == 1, "the failure to be told");
        File.Delete(authority);
        folder.Write("ca.pem", TestCertificates.Authority.ExportCertificatePem() + "\n");
        await Echo(bench);
        await Wait.Until(() => Count(bench, 1106) == 1, "the reload to be told");
        Assert.Equal(1, Count(bench, 1107));
    }

    private static async Task Echo(ServerBench bench)
    {
        using TlsClient client = await TlsClient.Connect(bench.Address);
        await client.Send("hello\n");
        Assert.Equal("hello", await client.ReadLine());
    }

    private static int Count(ServerBench bench, int id) => bench.Logs.Entries.Count(entry => entry.Id.Id == id);

    private static void Refused(TlsCertificate certificate, string source, string problem)
    {
        CertificateException exception = Assert.Throws<CertificateException>(() => TcpServer.Create(o => o
            .Listen("tcp://127.0.0.1:0", e => e
                .Framing(Lines.Utf8(maxBytes: 100))
                .UseTls(tls => tls.Certificate(certificate))
                .OnMessageInline(static (_, _) => { }))));
        Assert.Contains(source, exception.Message, StringComparison.Ordinal);
        Assert.Contains(problem, exception.Message, StringComparison.Ordinal);
        Assert.Contains(source, exception.CertificateSource, StringComparison.Ordinal);
    }

    [DllImport("libc")]
    private static extern uint geteuid();
}
