using System.Globalization;
using System.Text.Encodings.Web;
using System.Text.Json;
using HdrHistogram;

namespace Longwire.Load;

/// <summary>A run's result: the same values for people on the terminal and for programs in a file.</summary>
/// <remarks>Owner: a scenario. Concurrency: one thread. Bound: what the scenario adds.</remarks>
internal sealed class Report
{
    private static readonly JsonSerializerOptions s_json = new()
    {
        WriteIndented = true,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
    };

    private readonly Dictionary<string, object> _values = [];

    internal Report(string scenario) => _values["scenario"] = scenario;

    /// <summary>Whether the run kept its promise; the exit code says so.</summary>
    internal bool IsGood { get; set; } = true;

    internal Report Add(string name, object value)
    {
        _values[name] = value;
        return this;
    }

    /// <summary>Adds percentiles of a histogram of microseconds, in milliseconds.</summary>
    internal Report AddLatency(HistogramBase microseconds)
    {
        if (microseconds.TotalCount == 0)
            return this;
        foreach ((string name, double percentile) in ((string, double)[])
            [("p50Ms", 50), ("p90Ms", 90), ("p99Ms", 99), ("p999Ms", 99.9), ("maxMs", 100)])
        {
            Add(name, microseconds.GetValueAtPercentile(percentile) / 1000.0);
        }
        return this;
    }

    /// <summary>Adds what the server used between two samples, also per operation.</summary>
    internal Report AddServer(ServerProcess.Sample start, ServerProcess.Sample end, long operations)
    {
        double user = end.UserSeconds - start.UserSeconds;
        double system = end.SystemSeconds - start.SystemSeconds;
        Add("serverRssStartBytes", start.ResidentBytes).Add("serverRssEndBytes", end.ResidentBytes);
        Add("serverUserSeconds", Math.Round(user, 2)).Add("serverSystemSeconds", Math.Round(system, 2));
        if (operations > 0)
            Add("serverMicrosecondsPerOperation", Math.Round((user + system) * 1e6 / operations, 3));
        return this;
    }

    /// <summary>Prints the summary, writes the file if there is one, and returns the exit code.</summary>
    internal int Finish(string? file)
    {
        Add("good", IsGood);
        Console.WriteLine();
        int width = _values.Keys.Max(static name => name.Length);
        foreach ((string name, object value) in _values)
            Console.WriteLine($"  {name.PadRight(width)}  {Text(value)}");
        if (file is not null)
            File.WriteAllText(file, JsonSerializer.Serialize(_values, s_json) + "\n");
        return IsGood ? 0 : 1;
    }

    private static string Text(object value) => value switch
    {
        long number => number.ToString("N0", CultureInfo.InvariantCulture),
        int number => number.ToString("N0", CultureInfo.InvariantCulture),
        double number => number.ToString("0.###", CultureInfo.InvariantCulture),
        IEnumerable<long> many => string.Join(' ', many),
        _ => value.ToString() ?? "",
    };
}
