using System.Globalization;

namespace Longwire.Service.Console;

/// <summary>The answer to <c>stats</c>: one count a line, with what it means.</summary>
internal static class StatsTable
{
    public static IEnumerable<string> Lines(ServerSnapshot snapshot)
    {
        (string Name, long Value, string Meaning)[] counts = ServerCounts.Of(snapshot);
        int name = counts.Max(static count => count.Name.Length);
        int value = counts.Max(static count => Number(count.Value).Length);
        foreach ((string label, long number, string meaning) in counts)
            yield return $"# {label.PadRight(name)}  {Number(number).PadLeft(value)}  {meaning}";
    }

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);
}
