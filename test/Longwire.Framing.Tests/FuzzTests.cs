using Longwire.Fuzz;

namespace Longwire.Framing.Tests;

/// <summary>The fuzzer's smoke run; the long one is a console program, see docs/guides/framing.md.</summary>
public sealed class FuzzTests
{
    private const int Streams = 2000;

    public static TheoryData<string> Targets() => [.. FuzzTargets.All.Select(t => t.Name)];

    [Theory]
    [MemberData(nameof(Targets))]
    public void Damaged_streams_decode_as_the_naive_decoder_says(string name)
    {
        FuzzReport report = new DecoderFuzzer(FuzzTargets.All.Single(t => t.Name == name), seed: 20).Run(Streams);
        Assert.True(report.WithFrames * 2 >= report.Streams, $"only {report.WithFrames} of {Streams} gave frames");
        Assert.True(report.WithErrors * 10 >= report.Streams, $"only {report.WithErrors} of {Streams} gave errors");
    }
}
