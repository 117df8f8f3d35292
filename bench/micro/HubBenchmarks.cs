using BenchmarkDotNet.Attributes;
using Longwire.Primitives;

namespace Longwire.Micro;

/// <summary><see cref="ManyTopics"/> with ten subscriptions to each filter.</summary>
public class HubBenchmarks
{
    private const int Topics = ManyTopics.Count;
    private const int PerFilter = 10;
    private const int Churned = 100; // 1 % of the filters

    private readonly SteppedHub _hub = new(ManyTopics.Options);

    private readonly FilterTrie<int> _trie = new();
    private readonly Topic[] _topics = new Topic[Topics];
    private readonly Subscription[] _churned = new Subscription[Churned];
    private readonly byte[] _payload = new byte[128];
    private int _matched;

    [GlobalSetup]
    public void Setup()
    {
        for (int i = 0; i < Topics; i++)
            _topics[i] = _hub.Topic(ManyTopics.Names[i]);
        int filters = 0;
        foreach (TopicFilter filter in ManyTopics.Filters)
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
        foreach (string name in ManyTopics.Names)
            _hub.Hub.Publish(name, _payload);
        _hub.RunAll();
    }

    /// <summary>Per topic name: which of the 10,000 filters match, which the hub asks once per new topic.</summary>
    [Benchmark(OperationsPerInvoke = Topics)]
    public int Match()
    {
        foreach (string name in ManyTopics.Names)
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
}
