using BenchmarkDotNet.Attributes;

namespace Longwire.Micro;

/// <summary>One topic with 1,000 subscribers, per delivery; outboxes and the wire are not in it.</summary>
public class FanOutBenchmarks
{
    private const int Subscribers = 1_000;

    private static readonly TopicFilter s_filter = TopicFilter.Parse("broadcast");

    private readonly SteppedHub _hub = new(new HubOptions
    {
        Topics = [(s_filter, new TopicOptions { Retention = Retention.None })],
    });

    private Topic _topic = null!;
    private byte[] _payload = [];

    /// <summary>Bytes of a message; there is one copy of it, so this ought to make no difference.</summary>
    [Params(128, 16384)]
    public int Size { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        _payload = new byte[Size];
        _topic = _hub.Topic("broadcast");
        for (int i = 0; i < Subscribers; i++)
            _hub.Subscribe(s_filter);
    }

    [Benchmark(OperationsPerInvoke = Subscribers)]
    public void One_message()
    {
        _topic.Publish(_payload);
        _hub.RunAll();
    }

    /// <summary>Four that wait together are handed over in one pass.</summary>
    [Benchmark(OperationsPerInvoke = 4 * Subscribers)]
    public void Four_messages()
    {
        for (int i = 0; i < 4; i++)
            _topic.Publish(_payload);
        _hub.RunAll();
    }
}
