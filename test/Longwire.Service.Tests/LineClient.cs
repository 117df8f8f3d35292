using System.Net.Sockets;
using System.Text;

namespace Longwire.Service.Tests;

/// <summary>A client of the line console; every wait has a deadline and says what it waited for.</summary>
internal sealed class LineClient : IDisposable
{
    internal static readonly TimeSpan Deadline = TimeSpan.FromSeconds(60); // five test projects share two cores

    private readonly TcpClient _client = new();
    private StreamReader _reader = null!;

    private LineClient()
    {
    }

    /// <summary>Connects and reads the greeting.</summary>
    public static async Task<LineClient> ConnectAsync(int port, string header = "")
    {
        var client = new LineClient();
        await client._client.ConnectAsync("127.0.0.1", port, TestContext.Current.CancellationToken);
        await client.SendAsync(header);
        client._reader = new StreamReader(client._client.GetStream(), new UTF8Encoding(false));
        Assert.Equal("# longwire 0.1.0 - type 'help'", await client.ReadAsync("the greeting"));
        return client;
    }

    public Task SendAsync(string text) => SendAsync(Encoding.UTF8.GetBytes(text));

    public Task SendAsync(byte[] bytes) =>
        _client.GetStream().WriteAsync(bytes, TestContext.Current.CancellationToken).AsTask();

    /// <summary>Sends a line and returns the first line that comes back.</summary>
    public async Task<string> AskAsync(string line)
    {
        await SendAsync(line + "\n");
        return await ReadAsync($"the answer to '{line}'");
    }

    public async Task<string> ReadAsync(string what) =>
        await TryReadAsync(what) ?? throw new Xunit.Sdk.XunitException($"The connection ended before {what}.");

    /// <summary>The next line; null at the server's FIN.</summary>
    public async Task<string?> TryReadAsync(string what)
    {
        try
        {
            return await _reader.ReadLineAsync(TestContext.Current.CancellationToken).AsTask().WaitAsync(Deadline);
        }
        catch (TimeoutException)
        {
            throw new Xunit.Sdk.XunitException($"Waited {Deadline} for {what}.");
        }
    }

    /// <summary>All lines up to and with the one that satisfies the condition.</summary>
    public async Task<List<string>> ReadUntilAsync(Predicate<string> last, string what)
    {
        var lines = new List<string>();
        do
            lines.Add(await ReadAsync(what));
        while (!last(lines[^1]));
        return lines;
    }

    public void ShutdownSend() => _client.Client.Shutdown(SocketShutdown.Send);

    public void Dispose()
    {
        _reader.Dispose();
        _client.Dispose();
    }
}
