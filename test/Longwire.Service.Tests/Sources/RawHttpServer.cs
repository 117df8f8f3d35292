using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Longwire.Service.Tests.Sources;

/// <summary>A loopback server that shows the requests as they came, and answers what the test says.</summary>
internal sealed class RawHttpServer : IAsyncDisposable
{
    private readonly TcpListener _listener = new(IPAddress.Loopback, 0);
    private readonly CancellationTokenSource _stop = new();
    private readonly List<string> _requests = [];
    private readonly Task _accepting;

    /// <summary>Serves each connection; the answer is a function of the stream and the request's head.</summary>
    public RawHttpServer(Func<Stream, string, CancellationToken, Task> answer)
    {
        _listener.Start();
        _accepting = AcceptAsync(answer);
    }

    public RawHttpServer(string answer)
        : this((stream, _, cancellation) => stream.WriteAsync(Encoding.UTF8.GetBytes(answer), cancellation).AsTask())
    {
    }

    public int Port => ((IPEndPoint)_listener.LocalEndpoint).Port;

    public Uri Url => new($"http://127.0.0.1:{Port}/health?x=1");

    public IReadOnlyList<string> Requests
    {
        get
        {
            lock (_requests)
                return [.. _requests];
        }
    }

    public static string Ok(string body) => $"HTTP/1.1 200 OK\r\nContent-Length: {body.Length}\r\n\r\n{body}";

    public async ValueTask DisposeAsync()
    {
        await _stop.CancelAsync();
        _listener.Dispose();
        await _accepting.ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        _stop.Dispose();
    }

    private async Task AcceptAsync(Func<Stream, string, CancellationToken, Task> answer)
    {
        var serving = new List<Task>();
        try
        {
            while (true)
                serving.Add(ServeAsync(await _listener.AcceptTcpClientAsync(_stop.Token), answer));
        }
        finally
        {
            await Task.WhenAll(serving).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
        }
    }

    private async Task ServeAsync(TcpClient client, Func<Stream, string, CancellationToken, Task> answer)
    {
        using (client)
        {
            Stream stream = client.GetStream();
            var head = new StringBuilder();
            byte[] one = new byte[1];
            while (!head.ToString().EndsWith("\r\n\r\n", StringComparison.Ordinal))
            {
                if (await stream.ReadAsync(one, _stop.Token) == 0)
                    return;
                head.Append((char)one[0]);
            }
            lock (_requests)
                _requests.Add(head.ToString());
            await answer(stream, head.ToString(), _stop.Token);
            client.Client.Shutdown(SocketShutdown.Send);
            while (await stream.ReadAsync(one, _stop.Token) > 0)
                continue; // or the close would be a RST, which can overtake the answer
        }
    }
}
