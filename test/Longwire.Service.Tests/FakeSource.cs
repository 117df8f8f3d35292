using Longwire.Service.Sources;

namespace Longwire.Service.Tests;

/// <summary>A source that does what the test says.</summary>
internal sealed class FakeSource(string name, Action<StatusReport> read) : IStatusSource
{
    public string Name => name;

    public Action<StatusReport> Reading { get; set; } = read;

    public void Read(StatusReport report) => Reading(report);

    /// <summary>One topic with one field.</summary>
    public static Action<StatusReport> Value(string topic, long value) => report =>
    {
        report.Begin(topic);
        report.Write("value_bytes", value);
        report.End();
    };
}
