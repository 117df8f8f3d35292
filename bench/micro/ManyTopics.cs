namespace Longwire.Micro;

/// <summary>
/// 10,000 topics <c>site/A/sensor/B</c> and 10,000 filters: 9,000 name one topic, the rest have wildcards. With ten
/// subscriptions to each filter, a message reaches about 30 subscribers.
/// </summary>
internal static class ManyTopics
{
    internal const int Count = 10_000;

    internal static HubOptions Options { get; } = new()
    {
        Topics = [(TopicFilter.Parse("#"), new TopicOptions { WindowEntries = 16 })],
    };

    internal static string[] Names { get; } =
        [.. Enumerable.Range(0, Count).Select(static i => $"site/{i / 100}/sensor/{i % 100}")];

    internal static TopicFilter[] Filters { get; } =
    [
        .. Enumerable.Range(0, 9_000).Select(static i => $"site/{i / 100}/sensor/{i % 100}")
            .Concat(Enumerable.Range(0, 100).Select(static i => $"site/{i}/#"))
            .Concat(Enumerable.Range(0, 100).Select(static i => $"site/+/sensor/{i}"))
            .Concat(Enumerable.Range(0, 800).Select(static i => $"site/{i / 8}/+/{i % 8}"))
            .Select(TopicFilter.Parse),
    ];
}
