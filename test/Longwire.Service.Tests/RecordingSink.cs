using System.Text;
using Longwire.Service.Sources;

namespace Longwire.Service.Tests;

/// <summary>Keeps what was published as <c>topic json</c>, and lets a test wait for the next one.</summary>
internal sealed class RecordingSink : IStatusSink, IDisposable
{
    private static readonly TimeSpan s_deadline = TimeSpan.FromSeconds(20);

    private readonly Lock _lock = new();
    private readonly SemaphoreSlim _published = new(0);
    private readonly List<(string Topic, string Json)> _values = [];

    /// <summary>Topics that somebody is subscribed to; set it before the publisher runs, or replace it.</summary>
    public IReadOnlyList<string> Watched { get; set; } = [];

    public void Publish(string topic, ReadOnlyMemory<byte> json)
    {
        lock (_lock)
            _values.Add((topic, Encoding.UTF8.GetString(json.Span)));
        _published.Release();
    }

    public void Retire(string topic, ReadOnlyMemory<byte> json) => Publish($"retired:{topic}", json);

    public void MarkStale(string topic, ReadOnlyMemory<byte> json) => Publish($"stale:{topic}", json);

    public bool IsWatched(string topic)
    {
        lock (_lock)
            return Watched.Contains(topic);
    }

    /// <summary>What was published on a topic since the last call, oldest first; the others are kept.</summary>
    public string[] Take(string topic)
    {
        lock (_lock)
        {
            string[] taken = [.. _values.Where(value => value.Topic == topic).Select(value => value.Json)];
            _values.RemoveAll(value => value.Topic == topic);
            return taken;
        }
    }

    public async Task WaitForPublishAsync(string what) =>
        Assert.True(
            await _published.WaitAsync(s_deadline, TestContext.Current.CancellationToken), $"Waited for {what}.");

    /// <summary>Waits until a value of the topic that ends so is there; it stays.</summary>
    public async Task WaitForPublishAsync(string what, string topic, string end = "")
    {
        while (!Has(topic, end))
            await WaitForPublishAsync($"{what} on {topic}");
    }

    private bool Has(string topic, string end)
    {
        lock (_lock)
            return _values.Exists(value => value.Topic == topic && value.Json.EndsWith(end, StringComparison.Ordinal));
    }

    public void Dispose() => _published.Dispose();
}
