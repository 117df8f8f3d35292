using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;

namespace Longwire.Load.Tests;

/// <summary>A server's TLS by <see cref="SslStream"/>: what it decrypts goes to a plain server, and back.</summary>
internal sealed class TlsFront : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _end = new();
    private readonly List<Task> _relays = [];
    private readonly IPEndPoint _server;
    private readonly Task _accepting;
    private readonly SslServerAuthenticationOptions _options;

    internal TlsFront(string server, SslProtocols protocols)
    {
        _server = IPEndPoint.Parse(server);
        _options = new SslServerAuthenticationOptions
        {
            ServerCertificateContext = SslStreamCertificateContext.Create(Certificate(), null, offline: true),
            EnabledSslProtocols = protocols,
        };
        _listener.Start(512);
        _accepting = AcceptAsync();
    }

    internal string Address => _listener.LocalEndpoint.ToString()!;

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
            await using var outside = new SslStream(new NetworkStream(client, ownsSocket: true));
            await outside.AuthenticateAsServerAsync(_options, _end.Token);
            await server.ConnectAsync(_server, _end.Token);
            NetworkStream inside = server.GetStream();
            Task inwards = outside.CopyToAsync(inside, _end.Token);
            await Task.WhenAny(inwards, ForwardAsync(inside, outside));
        }
        catch (Exception end) when (end is OperationCanceledException or IOException or SocketException
            or AuthenticationException)
        {
            client.Dispose();
        }
    }

    /// <summary>The end of the server's stream becomes a close_notify.</summary>
    private async Task ForwardAsync(NetworkStream inside, SslStream outside)
    {
        await inside.CopyToAsync(outside, _end.Token);
        await outside.ShutdownAsync();
    }
}
