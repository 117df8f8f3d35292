using System.Text.Json;
using Longwire.Service.Sources.Configuration;

namespace Longwire.Service.Sources.Http;

/// <summary>An HTTP server's status, the time to its answer, and a value of its JSON body.</summary>
/// <remarks>
/// Owner: a <see cref="SourceRunner"/>. Concurrency: one reading at a time. Bound: one request;
/// <see cref="HttpOptions.MaxBytes"/> of the body, which is read only when a value of it is wanted.
/// </remarks>
internal sealed class HttpSource(HttpOptions options, TimeProvider time) : IAsyncStatusSource
{
    /// <summary>
    /// One pool of connections for all sources, for the life of the process. Redirects are an answer like others: the
    /// headers, which may be secret, go to nobody else. Connections are renewed so that a change in DNS is seen.
    /// </summary>
    private static readonly HttpClient s_client = new(new SocketsHttpHandler
    {
        AllowAutoRedirect = false,
        UseCookies = false,
        MaxConnectionsPerServer = int.MaxValue,
        PooledConnectionLifetime = TimeSpan.FromMinutes(2),
    })
    {
        Timeout = Timeout.InfiniteTimeSpan, // the reading's token is the only deadline
    };

    public string Name => options.Name;

    public async Task ReadAsync(StatusReport report, CancellationToken cancellation)
    {
        using var request = new HttpRequestMessage(HttpMethod.Get, options.Url);
        request.Headers.TryAddWithoutValidation("User-Agent", "longwire");
        foreach ((string header, string value) in options.Headers)
            request.Headers.TryAddWithoutValidation(header, value);
        long started = time.GetTimestamp();
        try
        {
            using HttpResponseMessage response = await s_client.SendAsync(
                request, HttpCompletionOption.ResponseHeadersRead, cancellation).ConfigureAwait(false);
            await ReadAsync(response, time.GetElapsedTime(started), report, cancellation).ConfigureAwait(false);
        }
        catch (HttpRequestException exception)
        {
            throw new SourceFailure($"No answer from {options.Url.Authority}: {exception.Message}", exception);
        }
        catch (IOException exception)
        {
            throw new SourceFailure($"The answer of {options.Url.Authority} broke off: {exception.Message}", exception);
        }
    }

    private async Task ReadAsync(
        HttpResponseMessage response, TimeSpan latency, StatusReport report, CancellationToken cancellation)
    {
        int status = (int)response.StatusCode;
        void WriteHead(StatusReport into)
        {
            into.Write("status", status);
            into.Write("latency_ms", latency.TotalMilliseconds, decimals: 1);
        }

        SourceFailure Failure(string message) => new(message) { Details = WriteHead };

        (int low, int high) = options.ExpectStatus;
        if (status < low || status > high)
            throw Failure($"Status {status}, expected {(low == high ? $"{low}" : $"{low}-{high}")}.");
        if (options.JsonPath is not { } path)
        {
            Write(report, WriteHead, value: null);
            return;
        }
        byte[] body = new byte[options.MaxBytes + 1];
        await using Stream stream = await response.Content.ReadAsStreamAsync(cancellation).ConfigureAwait(false);
        int length = await stream.ReadAtLeastAsync(
            body, body.Length, throwOnEndOfStream: false, cancellation).ConfigureAwait(false);
        if (length > options.MaxBytes)
            throw Failure($"The body has more than {options.MaxBytes} bytes; raise maxBytes.");
        try
        {
            using var document = JsonDocument.Parse(body.AsMemory(0, length));
            if (!path.TryFind(document.RootElement, out JsonElement value, out string? missing))
                throw Failure($"The body has no '{missing}'.");
            Write(report, WriteHead, value);
        }
        catch (JsonException exception)
        {
            throw Failure($"The body is no JSON: line {exception.LineNumber + 1}.");
        }
    }

    private void Write(StatusReport report, Action<StatusReport> writeHead, JsonElement? value)
    {
        report.Begin(options.Topic);
        report.WriteText("state", "ok");
        writeHead(report);
        if (value is { } known)
            report.WriteJson("value", known);
        report.End();
    }
}
