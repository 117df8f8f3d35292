using System.Text;
using Longwire.Transport.Layers;

namespace Longwire.ServerTests;

/// <summary>Every combination of layers, with clients that are not ours.</summary>
public sealed class LayerCombinationTests : IDisposable
{
    /// <summary>
    /// Python's ssl and zlib: a PROXY header, TLS, a stream of the application's own and deflate, as far as the letters
    /// in the fourth argument say; sends two lines, and prints who the server says it is, and the answers.
    /// </summary>
    private const string Python = """
        import socket, ssl, sys, zlib
        port, authority, layers = int(sys.argv[1]), sys.argv[2], sys.argv[3]
        with socket.create_connection(("127.0.0.1", port)) as wire:
            if "p" in layers:
                wire.sendall(b"PROXY TCP4 192.0.2.1 198.51.100.1 56324 443\r\n")
            if "t" in layers:
                wire = ssl.create_default_context(cafile=authority).wrap_socket(wire, server_hostname="localhost")
            mask = (lambda data: bytes(one ^ 0x20 for one in data)) if "m" in layers else bytes
            deflate, inflate = zlib.compressobj(wbits=-15), zlib.decompressobj(wbits=-15)
            for line in (b"hello\n", b"quit\n"):
                if "d" in layers:
                    line = deflate.compress(line) + deflate.flush(zlib.Z_SYNC_FLUSH)
                wire.sendall(mask(line))
            answer = b""
            while part := wire.recv(4096):
                answer += mask(part)
            print(inflate.decompress(answer) if "d" in layers else answer)
        """;

    /// <summary>Inflates what a client got.</summary>
    private const string Inflate =
        "python3 -c 'import sys, zlib; print(zlib.decompressobj(wbits=-15).decompress(sys.stdin.buffer.read()))'";

    private readonly CertificateFolder _folder = new();

    public static MatrixTheoryData<PollerKind, string> Combinations => new(
        ServerBench.Pollers.Select(static row => row.Data),
        Enumerable.Range(0, 16).Select(static set => string.Concat("ptmd".Where((_, at) => (set >> at & 1) == 1))));

    public static MatrixTheoryData<PollerKind, string> Programs => new(
        ServerBench.Pollers.Select(static row => row.Data),
        [
            "openssl s_client -connect 127.0.0.1:$PORT -servername localhost -CAfile $CA -quiet -no_ign_eof -ign_eof",
            "socat -t5 - OPENSSL:127.0.0.1:$PORT,cafile=$CA,commonname=localhost,snihost=localhost",
        ]);

    public void Dispose() => _folder.Dispose();

    [Theory, MemberData(nameof(Combinations))]
    public async Task Python_speaks_through_them(PollerKind poller, string layers)
    {
        await using ServerBench bench = await Start(poller, layers);
        (string output, int code) = await RealClientTests.Run(
            "python3", "", "-c", Python, RealClientTests.Port(bench), _folder.Authority, layers);
        string from = layers.Contains('p', StringComparison.Ordinal) ? "192.0.2.1" : "127.0.0.1";
        Assert.Equal($"b'{from} hello\\n{from} quit\\n'\n", output);
        Assert.Equal(0, code);
    }

    /// <summary>They speak TLS, and leave it to the next program to inflate what comes out.</summary>
    [Theory, MemberData(nameof(Programs))]
    public async Task Programs_that_speak_TLS_get_deflated_answers(PollerKind poller, string program)
    {
        await RealClientTests.Run(program[..program.IndexOf(' ', StringComparison.Ordinal)], "", "-h"); // or skips
        await using ServerBench bench = await Start(poller, "td", inbound: false);
        string command = program.Replace("$PORT", RealClientTests.Port(bench), StringComparison.Ordinal)
            .Replace("$CA", _folder.Authority, StringComparison.Ordinal);
        (string output, _) = await RealClientTests.Run(
            "sh", "hello\nquit\n", "-c", $"{command} 2>/dev/null | {Inflate}");
        Assert.Equal("b'127.0.0.1 hello\\n127.0.0.1 quit\\n'\n", output);
    }

    private static Task<ServerBench> Start(PollerKind poller, string layers, bool inbound = true) =>
        ServerBench.Start(poller, e =>
        {
            EndpointBuilder<object?> endpoint = e.Framing(Lines.Utf8(maxBytes: 100));
            foreach (char layer in layers)
            {
                endpoint = layer switch
                {
                    'p' => endpoint.UseProxyProtocol("127.0.0.1"),
                    't' => endpoint.UseTls(static tls => tls.Certificate(TestCertificates.ServerSource)),
                    'm' => endpoint.UseLayer("mask", static below => new MaskStream(below, hops: true)),
                    _ => endpoint.UseDeflate(new DeflateOptions { Inbound = inbound ? InflateOptions.Default : null }),
                };
            }
            endpoint.OnMessageInline(static (connection, line) =>
            {
                string address = connection.Remote.ToString();
                connection.Send(Encoding.UTF8.GetBytes($"{address[..address.IndexOf(':')]} {line.ToString()}"));
                if (line.ToString() is "quit")
                    _ = connection.CloseAsync();
            });
        });
}
