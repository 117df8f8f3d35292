using System.Diagnostics;
using System.Globalization;
using System.Net;
using Longwire.Transport.Layers;

namespace Longwire.ServerTests;

/// <summary>Other people's programs: OpenSSL, GnuTLS, socat and Python against an endpoint with TLS.</summary>
public sealed class RealClientTests : IDisposable
{
    private const char StayOpen = '\u0004';

    private readonly CertificateFolder _folder = new();

    public static TheoryData<PollerKind> Pollers => ServerBench.Pollers;

    public void Dispose() => _folder.Dispose();

    [Theory, MemberData(nameof(Pollers))]
    public async Task OpenSSL_gets_its_answer_and_a_close_notify(PollerKind poller)
    {
        await using ServerBench bench = await Start(poller);
        foreach (string version in (string[])["-tls1_2", "-tls1_3"])
        {
            (string output, _) = await Run(
                "openssl", "hello\nquit\n", "s_client", "-connect", Place(bench), "-servername", "localhost", "-CAfile",
                _folder.Authority, "-verify_return_error", "-quiet", "-no_ign_eof", "-ign_eof", version);
            Assert.Contains("echo hello\n", output, StringComparison.Ordinal);
        }
    }

    [Theory]
    [InlineData("-tls1")]
    [InlineData("-tls1_1")]
    public async Task Nothing_below_TLS_1_2_is_spoken(string version)
    {
        await using ServerBench bench = await Start(PollerKind.Automatic);
        (string output, int code) = await Run(
            "openssl", "", "s_client", "-connect", Place(bench), version, "-cipher", "ALL:@SECLEVEL=0");
        Assert.NotEqual(0, code);
        Assert.Contains("alert protocol version", output, StringComparison.Ordinal);
        await Failed(bench, HandshakeFailure.NoCommonVersion);
    }

    [Fact]
    public async Task A_renegotiation_is_refused()
    {
        await using ServerBench bench = await Start(PollerKind.Automatic);
        // s_client renegotiates at a line "R", and ends by itself when that fails: its input stays open until then.
        (string output, _) = await Run(
            "openssl", "R\n" + StayOpen, "s_client", "-connect", Place(bench), "-tls1_2", "-servername", "localhost");
        Assert.Contains("RENEGOTIATING", output, StringComparison.Ordinal);
        await Wait.Until(
            () => bench.Logs.Entries.Any(static entry =>
                entry.Text.Contains($"closed: {CloseReason.MalformedFrame}", StringComparison.Ordinal)),
            "the connection's end");
    }

    [Theory]
    [InlineData("-tls1_2")]
    [InlineData("-tls1_3")]
    public async Task A_session_is_resumed(string version)
    {
        await using ServerBench bench = await Start(PollerKind.Automatic);
        string session = _folder.PathOf("session.pem");
        string[] common =
            ["s_client", "-connect", Place(bench), "-servername", "localhost", "-ign_eof", version];
        (string first, _) = await Run("openssl", "quit\n", [.. common, "-sess_out", session]);
        Assert.Contains("New, TLS", first, StringComparison.Ordinal);
        (string second, _) = await Run("openssl", "quit\n", [.. common, "-sess_in", session]);
        Assert.Contains("Reused, TLS", second, StringComparison.Ordinal);
    }

    [Theory, MemberData(nameof(Pollers))]
    public async Task GnuTLS_gets_its_answer(PollerKind poller)
    {
        await using ServerBench bench = await Start(poller);
        (string output, int code) = await Run(
            "gnutls-cli", "hello\nquit\n", "--x509cafile", _folder.Authority, "--sni-hostname", "localhost",
            "--verify-hostname", "localhost", "--port", Port(bench), "127.0.0.1");
        Assert.Contains("echo hello", output, StringComparison.Ordinal);
        Assert.Equal(0, code);
    }

    [Theory, MemberData(nameof(Pollers))]
    public async Task Socat_gets_its_answer(PollerKind poller)
    {
        await using ServerBench bench = await Start(poller);
        (string output, int code) = await Run(
            "socat", "hello\nquit\n", "-t5", "-",
            $"OPENSSL:127.0.0.1:{Port(bench)},cafile={_folder.Authority},commonname=localhost,snihost=localhost");
        Assert.Equal("echo hello\necho quit\n", output);
        Assert.Equal(0, code);
    }

    [Theory, MemberData(nameof(Pollers))]
    public async Task Python_gets_its_answer_and_an_end_without_truncation(PollerKind poller)
    {
        await using ServerBench bench = await Start(poller);
        (string output, int code) = await Run("python3", "", "-c", """
            import socket, ssl, sys
            context = ssl.create_default_context(cafile=sys.argv[2])
            with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as bare:
                with context.wrap_socket(bare, server_hostname="localhost", suppress_ragged_eofs=False) as tls:
                    tls.sendall(b"hello\nquit\n")
                    answer = b""
                    while part := tls.recv(4096):
                        answer += part
                    print(tls.version(), answer)
            """, Port(bench), _folder.Authority);
        Assert.Equal("TLSv1.3 b'echo hello\\necho quit\\n'\n", output);
        Assert.Equal(0, code);
    }

    [Fact]
    public async Task A_client_that_does_not_trust_the_server_is_counted_as_such()
    {
        await using ServerBench bench = await Start(PollerKind.Automatic);
        (string output, int code) = await Run("python3", "", "-c", """
            import socket, ssl, sys
            context = ssl.create_default_context()
            with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as bare:
                context.wrap_socket(bare, server_hostname="localhost")
            """, Port(bench));
        Assert.Contains("CERTIFICATE_VERIFY_FAILED", output, StringComparison.Ordinal);
        Assert.NotEqual(0, code);
        await Failed(bench, HandshakeFailure.PeerRefused);
    }

    [Fact]
    public async Task A_FIN_without_close_notify_inside_a_frame_is_an_error()
    {
        var ended = new TaskCompletionSource<CloseReason>(TaskCreationOptions.RunContinuationsAsynchronously);
        await using ServerBench bench = await ServerBench.Start(PollerKind.Automatic, e => e
            .Framing(Lines.Utf8(maxBytes: 100))
            .UseTls(static tls => tls.Certificate(TestCertificates.ServerSource))
            .OnMessageInline(static (_, _) => { })
            .OnClosed((_, reason) => ended.TrySetResult(reason)));
        await Run("python3", "", "-c", """
            import os, socket, ssl, sys
            context = ssl.create_default_context(cafile=sys.argv[2])
            bare = socket.create_connection(("127.0.0.1", int(sys.argv[1])))
            tls = context.wrap_socket(bare, server_hostname="localhost")
            tls.sendall(b"half a li")
            socket.socket.shutdown(tls, socket.SHUT_WR)
            while os.read(tls.fileno(), 4096):
                pass
            """, Port(bench), _folder.Authority);
        Assert.Equal(CloseReason.TruncatedFrame, await Wait.For(ended.Task, "the end"));
    }

    private static string Place(ServerBench bench) => bench.Address["tcp://".Length..];

    internal static string Port(ServerBench bench) =>
        IPEndPoint.Parse(Place(bench)).Port.ToString(CultureInfo.InvariantCulture);

    /// <summary>Answers each line, and closes after "quit".</summary>
    private static Task<ServerBench> Start(PollerKind poller) => ServerBench.Start(poller, e => e
        .Framing(Lines.Utf8(maxBytes: 100))
        .UseTls(static tls => tls.Certificate(TestCertificates.ServerSource))
        .OnMessageInline(static (connection, line) =>
        {
            connection.Send($"echo {line.ToString()}");
            if (line.ToString() is "quit")
                _ = connection.CloseAsync();
        }));

    private static Task Failed(ServerBench bench, HandshakeFailure cause) => Wait.Until(
        () => bench.Logs.Entries.Any(entry =>
            entry.Id.Id == 1105 && entry.Text.Contains($"failed: {cause}", StringComparison.Ordinal)),
        $"a handshake to fail with {cause}");

    /// <summary>Runs a client; its output and errors, and its exit code. Skipped, with a reason, when absent.</summary>
    internal static async Task<(string Output, int Code)> Run(string program, string input, params string[] args)
    {
        var start = new ProcessStartInfo(program, args)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (System.ComponentModel.Win32Exception)
        {
            if (Environment.GetEnvironmentVariable("LONGWIRE_REQUIRE_TOOLS") == "1")
                Assert.Fail($"{program} is not installed, and LONGWIRE_REQUIRE_TOOLS=1 requires it.");
            Assert.Skip($"{program} is not installed");
            throw;
        }
        using (process)
        {
            try
            {
                Task<string> error = process.StandardError.ReadToEndAsync();
                Task<string> output = process.StandardOutput.ReadToEndAsync();
                await process.StandardInput.WriteAsync(input.TrimEnd(StayOpen));
                if (input.EndsWith(StayOpen))
                    await process.StandardInput.FlushAsync();
                else
                    process.StandardInput.Close();
                string text = await Wait.For(output, $"the output of {program}")
                    + await Wait.For(error, $"the errors of {program}");
                await Wait.For(process.WaitForExitAsync(), $"the end of {program}");
                return (text, process.ExitCode);
            }
            finally
            {
                if (!process.HasExited)
                    process.Kill();
            }
        }
    }
}
