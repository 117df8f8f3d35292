using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using System.Text;

namespace Longwire.ServerTests;

/// <summary>A client on <see cref="SslStream"/> that trusts the test's authority.</summary>
internal sealed class TlsClient : IDisposable
{
    private readonly byte[] _buffer = new byte[64 << 10];
    private readonly StringBuilder _text = new();

    private TlsClient(Socket socket, Stream network)
    {
        Socket = socket;
        Stream = new SslStream(network);
    }

    internal Socket Socket { get; }

    internal SslStream Stream { get; }

    /// <summary>A connected client before its handshake.</summary>
    internal static async Task<TlsClient> Dial(
        string address, Func<Stream, Stream>? wrap = null, int receiveBuffer = 0)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBuffer > 0)
            socket.ReceiveBufferSize = receiveBuffer;
        await Wait.For(socket.ConnectAsync(IPEndPoint.Parse(address["tcp://".Length..])), "the connect");
        Stream network = new NetworkStream(socket, ownsSocket: true);
        return new TlsClient(socket, wrap?.Invoke(network) ?? network);
    }

    internal static async Task<TlsClient> Connect(
        string address, Action<SslClientAuthenticationOptions>? more = null, Func<Stream, Stream>? wrap = null,
        int receiveBuffer = 0)
    {
        TlsClient client = await Dial(address, wrap, receiveBuffer);
        await client.Authenticate(more);
        return client;
    }

    internal static SslClientAuthenticationOptions Options(Action<SslClientAuthenticationOptions>? more = null)
    {
        var options = new SslClientAuthenticationOptions
        {
            TargetHost = "localhost",
            EnabledSslProtocols = SslProtocols.Tls12 | SslProtocols.Tls13,
            CertificateChainPolicy = new X509ChainPolicy
            {
                TrustMode = X509ChainTrustMode.CustomRootTrust,
                RevocationMode = X509RevocationMode.NoCheck,
            },
        };
        options.CertificateChainPolicy.CustomTrustStore.Add(TestCertificates.Authority);
        more?.Invoke(options);
        return options;
    }

    internal Task Authenticate(Action<SslClientAuthenticationOptions>? more = null) =>
        Wait.For(Stream.AuthenticateAsClientAsync(Options(more)), "the handshake");

    public void Dispose() => Stream.Dispose();

    internal Task Send(string text) => Send(Encoding.UTF8.GetBytes(text));

    internal Task Send(byte[] bytes) =>
        Wait.For(Stream.WriteAsync(bytes, TestContext.Current.CancellationToken).AsTask(), "a write");

    /// <summary>The next line without its terminator; null at the end of the stream.</summary>
    internal async Task<string?> ReadLine(string what = "a line")
    {
        while (true)
        {
            string have = _text.ToString();
            int feed = have.IndexOf('\n', StringComparison.Ordinal);
            if (feed >= 0)
            {
                _text.Remove(0, feed + 1);
                return have[..feed];
            }
            int count = await Wait.For(Stream.ReadAsync(_buffer).AsTask(), what);
            if (count == 0)
                return null;
            _text.Append(Encoding.Latin1.GetString(_buffer, 0, count));
        }
    }

    internal async Task<byte[]> ReadExactly(int count, string what = "bytes")
    {
        byte[] bytes = new byte[count];
        await Wait.For(Stream.ReadExactlyAsync(bytes).AsTask(), what);
        return bytes;
    }
}

/// <summary>Keeps what is written until something is read, so that several records leave in one segment.</summary>
internal sealed class CorkedStream(Stream below) : Stream
{
    private readonly MemoryStream _kept = new();

    public override bool CanRead => true;

    public override bool CanWrite => true;

    public override bool CanSeek => false;

    public override long Length => throw new NotSupportedException();

    public override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    /// <summary>How often something was sent.</summary>
    internal int Sends { get; private set; }

    public override async ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default)
    {
        if (_kept.Length > 0)
        {
            Sends++;
            await below.WriteAsync(_kept.ToArray(), cancellationToken);
            _kept.SetLength(0);
        }
        return await below.ReadAsync(buffer, cancellationToken);
    }

    public override ValueTask WriteAsync(ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
    {
        _kept.Write(buffer.Span);
        return ValueTask.CompletedTask;
    }

    public override Task WriteAsync(byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        WriteAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public override void Write(byte[] buffer, int offset, int count) => _kept.Write(buffer, offset, count);

    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

    public override void Flush()
    {
    }

    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public override void SetLength(long value) => throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
        below.Dispose();
        base.Dispose(disposing);
    }
}
