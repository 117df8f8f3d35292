using System.Text;
using System.Text.Json;
using Longwire.Service.Sources;
using Longwire.Service.Sources.Configuration;
using Longwire.Service.Sources.Http;

namespace Longwire.Service.Tests.Sources;

/// <summary>Real requests to a raw server on loopback.</summary>
public sealed class HttpSourceTests
{
    private const string Topic = "web/health";

    [Fact]
    public async Task Status_and_latency_are_published()
    {
        await using var server = new RawHttpServer(RawHttpServer.Ok("hello"));
        using var run = new SourceRun(Http(server.Url));
        using JsonDocument json = JsonDocument.Parse(await run.ReadAsync(Topic));
        Assert.Equal("ok", json.RootElement.GetProperty("state").GetString());
        Assert.Equal(200, json.RootElement.GetProperty("status").GetInt32());
        Assert.InRange(json.RootElement.GetProperty("latency_ms").GetDouble(), 0, 60_000);
    }

    [Fact]
    public async Task The_request_is_plain_and_has_no_Expect_header()
    {
        await using var server = new RawHttpServer(RawHttpServer.Ok(""));
        using var run = new SourceRun(Http(server.Url) with
        {
            Headers = new Dictionary<string, string> { ["Authorization"] = "Bearer secret" },
        });
        await run.ReadAsync();
        string request = Assert.Single(server.Requests);
        Assert.StartsWith("GET /health?x=1 HTTP/1.1\r\n", request);
        Assert.Contains("Authorization: Bearer secret\r\n", request);
        Assert.Contains("User-Agent: longwire\r\n", request);
        Assert.DoesNotContain("Expect", request);
        Assert.DoesNotContain("Cookie", request);
    }

    [Theory]
    [InlineData("queue.items[1].size", """ "value":7} """)]
    [InlineData("queue", """ "value":{"items":[{"size":1},{"size":7}]}} """)]
    [InlineData("up", """ "value":true} """)]
    [InlineData("ratio", """ "value":0.1000} """)]
    [InlineData("nothing", """ "value":null} """)]
    public async Task A_value_of_the_body_is_published(string path, string end)
    {
        await using var server = new RawHttpServer(RawHttpServer.Ok(
            """{"queue":{"items":[{"size":1},{"size":7}]},"up":true,"ratio":0.1000,"nothing":null}"""));
        using var run = new SourceRun(Http(server.Url, path));
        Assert.EndsWith(end.Trim(), await run.ReadAsync(Topic));
    }

    [Theory]
    [InlineData("a.b[2].c", """{"a":{"b":[1]}}""", "The body has no 'a.b[2]'.")]
    [InlineData("a", "[1]", "The body has no 'a'.")]
    [InlineData("a", "{\n<html>", "The body is no JSON: line 2.")]
    [InlineData("a", "", "The body is no JSON: line 1.")]
    public async Task A_body_without_the_value_is_a_failure(string path, string body, string error)
    {
        await using var server = new RawHttpServer(RawHttpServer.Ok(body));
        using var run = new SourceRun(Http(server.Url, path));
        string json = await run.ReadAsync(Topic);
        Assert.StartsWith("{\"status\":200,\"latency_ms\":", json);
        Assert.EndsWith($"\"state\":\"failed\",\"error\":\"{error}\"}}", json);
    }

    [Fact]
    public async Task Another_status_than_the_expected_is_a_failure_and_redirects_are_not_followed()
    {
        await using var server = new RawHttpServer(
            "HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n");
        using var run = new SourceRun(Http(server.Url));
        Assert.EndsWith("\"error\":\"Status 302, expected 200-299.\"}", await run.ReadAsync(Topic));
        using var expecting = new SourceRun(Http(server.Url) with { ExpectStatus = (302, 302) });
        await expecting.ReadAsync();
        Assert.True(expecting.Health.IsHealthy);
    }

    [Fact]
    public async Task An_endless_body_is_bounded()
    {
        byte[] much = Encoding.UTF8.GetBytes(new string('1', 64 << 10));
        await using var server = new RawHttpServer(async (stream, _, cancellation) =>
        {
            await stream.WriteAsync("HTTP/1.1 200 OK\r\n\r\n"u8.ToArray(), cancellation);
            while (true)
                await stream.WriteAsync(much, cancellation);
        });
        using var run = new SourceRun(Http(server.Url, "a"));
        Assert.Contains("The body has more than 1024 bytes; raise maxBytes.", await run.ReadAsync(Topic));
    }

    [Fact]
    public async Task A_server_that_is_not_there_is_a_failure()
    {
        Uri url;
        await using (var server = new RawHttpServer(""))
            url = server.Url;
        using var run = new SourceRun(Http(url));
        Assert.Contains($"No answer from 127.0.0.1:{url.Port}: ", await run.ReadAsync(Topic));
    }

    [Fact]
    public async Task An_answer_that_breaks_off_is_a_failure()
    {
        await using var server = new RawHttpServer("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n{");
        using var run = new SourceRun(Http(server.Url, "a"));
        Assert.Contains("\"state\":\"failed\"", await run.ReadAsync(Topic));
    }

    [Fact]
    public async Task Many_at_one_time_do_not_wait_for_each_other()
    {
        const int Count = 30;
        int open = 0;
        var all = new TaskCompletionSource();
        await using var server = new RawHttpServer(async (stream, _, cancellation) =>
        {
            if (Interlocked.Increment(ref open) == Count)
                all.SetResult();
            await all.Task; // nobody is answered until everybody is connected
            await stream.WriteAsync(Encoding.UTF8.GetBytes(RawHttpServer.Ok("")), cancellation);
        });
        SourceRun[] runs = [.. Enumerable.Range(0, Count).Select(_ => new SourceRun(Http(server.Url)))];
        await Task.WhenAll(runs.Select(run => run.ReadAsync()));
        Assert.All(runs, run => Assert.True(run.Health.IsHealthy));
        foreach (SourceRun run in runs)
            run.Dispose();
    }

    [Fact]
    public async Task A_server_that_hangs_is_left_at_the_timeout()
    {
        var time = new ArmedTime();
        var asked = new TaskCompletionSource();
        await using var server = new RawHttpServer(async (stream, _, cancellation) =>
        {
            asked.SetResult();
            await new TaskCompletionSource().Task.WaitAsync(cancellation);
        });
        HttpOptions options = Http(server.Url);
        using var run = new SourceRun(options, time);
        Task reading = run.ReadAsync();
        await asked.Task.WaitAsync(LineClient.Deadline, TestContext.Current.CancellationToken);
        await time.WaitForTimerAsync(options.Schedule.Timeout, "the reading");
        time.Advance(options.Schedule.Timeout);
        await reading;
        Assert.EndsWith("\"error\":\"No answer within 60 s.\"}", run.Take(Topic));
    }

    [Theory]
    [InlineData("", "a path has 1 to 32 names and indexes")]
    [InlineData("a..b", "a name is missing at '.b'")]
    [InlineData("a.", "it ends with a dot")]
    [InlineData("a[x]", "'[x]' begins with no index")]
    [InlineData("a[-1]", "'[-1]' begins with no index")]
    [InlineData("a[1", "'[1' begins with no index")]
    [InlineData("a[1]b", "a dot or a bracket is missing at 'b'")]
    [InlineData("a]", "a dot or a bracket is missing at ']'")]
    public void A_path_that_is_none_is_refused(string text, string error)
    {
        Assert.False(JsonPath.TryParse(text, out _, out string? why));
        Assert.StartsWith(error, why);
    }

    [Fact]
    public void A_path_is_written_as_it_is_read()
    {
        foreach (string text in (string[])["a", "[0]", "[0][1].a", "a.b[2].c d-e"])
        {
            Assert.True(JsonPath.TryParse(text, out JsonPath? path, out _));
            Assert.Equal(text, path.ToString());
        }
    }

    private static HttpOptions Http(Uri url, string? path = null)
    {
        JsonPath? parsed = null;
        Assert.True(path is null || JsonPath.TryParse(path, out parsed, out _));
        return new HttpOptions(
            "web", Topic, SourceRun.Schedule(Topic), url, new Dictionary<string, string>(), (200, 299), parsed,
            MaxBytes: 1024);
    }
}
