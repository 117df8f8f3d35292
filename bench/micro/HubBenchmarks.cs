using BenchmarkDotNet.Attributes;
using Longwire.Primitives;

namespace Longwire.Micro;

/// <summary>
/// 10,000 topics <c>site/A/sensor/B</c> and 10,000 filters with ten subscriptions each: 9,000 name one topic, the rest
/// have wildcards. A message reaches about 30 subscribers.
/// </summary>
public class HubBenchmarks
{
    private const int Topics = 10_000;
    private const int PerFilter = 10;
    private const int Churned = 100; // 1 % of the filters

    private readonly SteppedHub _hub = new(new HubOptions
    {
        Topics = [(TopicFilter.Parse("#"), new TopicOptions { WindowEntries = 16 })],
    });

    private readonly FilterTrie<int> _trie = new();
    private readonly string[] _names = new string[Topics];
    private readonly Topic[] _topics = new Topic[Topics];
    private readonly Subscription[] _churned = new Subscription[Churned];
    private readonly byte[] _payload = new byte[128];
    private int _matched;

    [GlobalSetup]
    public void Setup()
    {
        for (int i = 0; i < Topics; i++)
        {
            _names[i] = $"site/{i / 100}/sensor/{i % 100}";
            _topics[i] = _hub.Topic(_names[i]);
        }
        int filters = 0;
        foreach (TopicFilter filter in Filters().Select(TopicFilter.Parse))
        {
            _trie.GetOrAdd(filter) = filters++;
            for (int i = 0; i < PerFilter; i++)
                _churned[filters % Churned] = _hub.Subscribe(filter);
        }
        _hub.RunAll();
    }

    /// <summary>Per message: publish it, and let the loop hand it to its subscribers.</summary>
    [Benchmark(OperationsPerInvoke = Topics)]
    public void Publish_and_deliver()
    {
        foreach (Topic topic in _topics)
            topic.Publish(_payload);
        _hub.RunAll();
    }

    /// <summary>The same by name.</summary>
    [Benchmark(OperationsPerInvoke = Topics)]
    public void Publish_by_name_and_deliver()
    {
        foreach (string name in _names)
            _hub.Hub.Publish(name, _payload);
        _hub.RunAll();
    }

    /// <summary>Per topic name: which of the 10,000 filters match, which the hub asks once per new topic.</summary>
    [Benchmark(OperationsPerInvoke = Topics)]
    public int Match()
    {
        foreach (string name in _names)
            _trie.Match(name, this, static (benchmark, _) => benchmark._matched++);
        return _matched;
    }

    /// <summary>Per subscription: one goes, and another one to the same filter comes and takes its snapshot.</summary>
    [Benchmark(OperationsPerInvoke = Churned)]
    public void Churn()
    {
        foreach (ref Subscription subscription in _churned.AsSpan())
        {
            TopicFilter filter = subscription.Filter;
            _hub.Unsubscribe(subscription);
            subscription = _hub.Subscribe(filter);
        }
    }

    private static IEnumerable<string> Filters()
    {
        for (int i = 0; i < 9_000; i++)
            yield return $"site/{i / 100}/sensor/{i % 100}";
        for (int i = 0; i < 100; i++)
            yield return $"site/{i}/#";
        for (int i = 0; i < 100; i++)
            yield return $"site/+/sensor/{i}";
        for (int i = 0; i < 800; i++)
            yield return $"site/{i / 8}/+/{i % 8}";
    }
}
