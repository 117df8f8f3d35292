using System.IO.Compression;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Longwire.Load.Tests;

/// <summary>Stands before a plain server and gives it TLS or deflate, by .NET's own streams.</summary>
internal sealed class Front : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly List<Task> _relays = [];
    private readonly IPEndPoint _server;
    private readonly Func<NetworkStream, CancellationToken, Task<(Stream Reads, Stream Writes)>> _open;
    private readonly Task _accepting;

    private Front(string server, Func<NetworkStream, CancellationToken, Task<(Stream Reads, Stream Writes)>> open)
    {
        _server = IPEndPoint.Parse(server);
        _open = open;
        _listener.Start(512);
        _accepting = AcceptAsync();
    }

    internal string Address => _listener.LocalEndpoint.ToString()!;

    internal static Front Tls(string server, SslProtocols protocols)
    {
        var options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(Certificate(), null, offline: true),
            EnabledSslProtocols = protocols,
        };
        return new Front(server, async (client, end) =>
        {
            var stream = new SslStream(client);
            await stream.AuthenticateAsServerAsync(options, end);
            return (stream, stream);
        });
    }

    /// <summary>What the server sends is one deflate stream per connection.</summary>
    internal static Front Deflate(string server) => new(server, static (client, _) =>
        Task.FromResult<(Stream, Stream)>((client, new DeflateStream(client, CompressionLevel.Fastest))));

    public async ValueTask DisposeAsync()
    {
        await _end.CancelAsync();
        _listener.Stop();
        await _accepting;
        await Task.WhenAll(_relays);
        _end.Dispose();
    }

    private static X509Certificate2 Certificate()
    {
        using var key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        var request = new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256);
        DateTimeOffset now = TimeProvider.System.GetUtcNow();
        return request.CreateSelfSigned(now.AddDays(-1), now.AddDays(1));
    }

    private async Task AcceptAsync()
    {
        try
        {
            while (true)
                _relays.Add(RelayAsync(await _listener.AcceptSocketAsync(_end.Token)));
        }
        catch (Exception end) when (end is OperationCanceledException or SocketException)
        {
            return;
        }
    }

    private async Task RelayAsync(Socket client)
    {
        try
        {
            using var server = new TcpClient();
            await using var outside = new NetworkStream(client, ownsSocket: true);
            (Stream reads, Stream writes) = await _open(outside, _end.Token);
            await server.ConnectAsync(_server, _end.Token);
            NetworkStream inside = server.GetStream();
            await Task.WhenAny(reads.CopyToAsync(inside, _end.Token), ForwardAsync(inside, writes));
        }
        catch (Exception end) when (end is OperationCanceledException or IOException or SocketException
            or AuthenticationException)
        {
            client.Dispose();
        }
    }

    /// <summary>The end of the server's stream becomes a close_notify, where there is one.</summary>
    private async Task ForwardAsync(NetworkStream inside, Stream outside)
    {
        byte[] buffer = new byte[64 << 10];
        while (await inside.ReadAsync(buffer, _end.Token) is > 0 and var count)
        {
            await outside.WriteAsync(buffer.AsMemory(0, count), _end.Token);
            await outside.FlushAsync(_end.Token);
        }
        if (outside is SslStream tls)
            await tls.ShutdownAsync();
    }
}
