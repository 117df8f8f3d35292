using System.Diagnostics;
using System.Globalization;

namespace Longwire.Micro;

/// <summary>
/// The hub's budget: publishing to 10,000 topics with 100,000 subscriptions to 10,000 filters, of which 1 % change per
/// second, costs less than 1 µs more than publishing to one topic with one filter and as many subscribers.
/// </summary>
/// <remarks>
/// To publish is to look the topic up by name, to append, and to post the token to the loop. The loop then takes the
/// token, pulls, and hands the message to all who are subscribed, which is the price of those deliveries: it is shown
/// and not in the verdict, nor are outboxes and the wire in anything here. A loop takes up to 32 messages of a topic at
/// once, which the one topic gains by and the many do not.
/// A second is 10,000 publishes, one per topic, and in it 1,000 random subscriptions go and others to the same filters
/// come and take their snapshots; all of that is in the verdict, and at a higher rate of publishing it is less per
/// publish. No filter becomes empty by it. One thread does everything, so nothing is said about contention.
/// Owner: the program. Concurrency: one thread. Bound: its rounds.
/// </remarks>
internal sealed class HubBudget
{
    private const int Warmup = 20;
    private const int PerFilter = 10;
    private const int Batch = 1_000; // published before the loop's turn, as on a busy loop
    private const int ChurnPerBatch = PerFilter * ManyTopics.Count / 100 / (ManyTopics.Count / Batch);
    private const double BudgetNanoseconds = 1_000;

    private readonly byte[] _payload = new byte[128];
    private readonly Random _random = new(1);
    private readonly SteppedHub _many = new(ManyTopics.Options);
    private readonly SteppedHub _one = new(new HubOptions
    {
        Topics = [(TopicFilter.Parse("#"), new TopicOptions { WindowEntries = Batch })], // nothing is overrun
    });

    private readonly List<Subscription> _subscriptions = [];
    private readonly string[] _sameName = new string[ManyTopics.Count];

    private HubBudget()
    {
        foreach (string name in ManyTopics.Names)
            _many.Topic(name);
        foreach (TopicFilter filter in ManyTopics.Filters)
        {
            for (int i = 0; i < PerFilter; i++)
                _subscriptions.Add(_many.Subscribe(filter));
        }
        long reached = ManyTopics.Names.Sum(name => (long)_many.Hub.Publish(name, _payload).Matched);
        _many.RunAll();
        Reached = (int)(reached / ManyTopics.Count);
        Array.Fill(_sameName, ManyTopics.Names[0]);
        _one.Topic(_sameName[0]);
        var only = TopicFilter.Parse(_sameName[0]);
        for (int i = 0; i < Reached; i++)
            _one.Subscribe(only);
    }

    private int Reached { get; }

    /// <summary>Measures, prints, and returns the exit code: 0 when the budget is met.</summary>
    internal static int Run(int rounds)
    {
        var budget = new HubBudget();
        Console.WriteLine($"{rounds} rounds of a second's work; a message reaches {budget.Reached} subscribers");
        for (int i = 0; i < Warmup; i++)
            budget.Round();
        Cost[][] measured = [.. Enumerable.Range(0, rounds).Select(_ => budget.Round())];
        string[] names = ["one topic, one filter", "10,000 topics and filters", "the same with churn"];
        Func<Cost, double>[] parts = [c => c.Publish, c => c.Loop, c => c.Churn, c => c.Sum];
        Console.WriteLine($"{"ns per publish",-28}{"publish",10}{"loop",10}{"churn",10}{"in all",10}");
        for (int i = 0; i < names.Length; i++)
        {
            IEnumerable<string> cells = parts.Select(part => Of(i, part).ToString("0", CultureInfo.InvariantCulture));
            Console.WriteLine($"{names[i],-28}{string.Concat(cells.Select(static cell => $"{cell,10}"))}");
        }
        double[] added = [.. measured.Select(static round => round[2].Publishing - round[0].Publishing).Order()];
        bool met = Median(added) < BudgetNanoseconds;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"the loop hands over at {Of(2, parts[1]) / budget.Reached:0} ns per delivery, " +
            $"with one topic at {Of(0, parts[1]) / budget.Reached:0}"));
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{(met ? "met" : "MISSED")}: publishing and churn add {Median(added):0} ns per publish, median of " +
            $"{rounds} [{added[0]:0}, {added[^1]:0}], goal < {BudgetNanoseconds:0}"));
        return met ? 0 : 1;

        double Of(int kind, Func<Cost, double> part) =>
            Median([.. measured.Select(round => part(round[kind])).Order()]);
    }

    private Cost[] Round() =>
    [
        Measure(_one, _sameName, 0), Measure(_many, ManyTopics.Names, 0),
        Measure(_many, ManyTopics.Names, ChurnPerBatch),
    ];

    private Cost Measure(SteppedHub hub, string[] names, int churn)
    {
        long publish = 0;
        long loop = 0;
        long changing = 0;
        for (int first = 0; first < names.Length; first += Batch)
        {
            long start = Stopwatch.GetTimestamp();
            foreach (string name in names.AsSpan(first, Batch))
                hub.Hub.Publish(name, _payload);
            long published = Stopwatch.GetTimestamp();
            hub.RunAll();
            long ran = Stopwatch.GetTimestamp();
            for (int i = 0; i < churn; i++)
                Change();
            publish += published - start;
            loop += ran - published;
            changing += Stopwatch.GetTimestamp() - ran;
        }
        double tick = 1e9 / Stopwatch.Frequency / names.Length;
        return new Cost(publish * tick, loop * tick, churn == 0 ? 0 : changing * tick);
    }

    private void Change()
    {
        int index = _random.Next(_subscriptions.Count);
        TopicFilter filter = _subscriptions[index].Filter;
        _many.Unsubscribe(_subscriptions[index]);
        _subscriptions[index] = _many.Subscribe(filter);
    }

    private static double Median(double[] ordered) => ordered[ordered.Length / 2];

    /// <summary>Nanoseconds per publish.</summary>
    private readonly record struct Cost(double Publish, double Loop, double Churn)
    {
        internal double Publishing => Publish + Churn;

        internal double Sum => Publish + Loop + Churn;
    }
}
