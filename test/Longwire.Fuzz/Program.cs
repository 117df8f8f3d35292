using System.Diagnostics;
using System.Globalization;
using Longwire.Fuzz;

// dotnet run -c Release --project test/Longwire.Fuzz -- --decoder all --count 1000000 --seed 1
string decoder = "all";
long count = 1_000_000;
int seed = 1;
for (int i = 0; i + 1 < args.Length; i += 2)
{
    switch (args[i])
    {
        case "--decoder": decoder = args[i + 1]; break;
        case "--count": count = long.Parse(args[i + 1], CultureInfo.InvariantCulture); break;
        case "--seed": seed = int.Parse(args[i + 1], CultureInfo.InvariantCulture); break;
        default: return Usage();
    }
}
FuzzTarget[] targets = [.. FuzzTargets.All.Where(t => decoder == "all" || t.Name == decoder)];
if (args.Length % 2 != 0 || targets.Length == 0)
    return Usage();

int bad = 0;
foreach (FuzzTarget target in targets)
{
    var watch = Stopwatch.StartNew();
    try
    {
        FuzzReport report = new DecoderFuzzer(target, seed).Run(count);
        bool enough = report.WithFrames * 2 >= report.Streams;
        bad += enough ? 0 : 1;
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture,
            $"{report.Target,-28} {report.Streams} streams, "
            + $"{100.0 * report.WithFrames / report.Streams:F1} % with frames, "
            + $"{100.0 * report.WithErrors / report.Streams:F1} % with errors, {report.Frames} frames, "
            + $"{watch.Elapsed.TotalSeconds:F1} s{(enough ? "" : " – TOO FEW FRAMES")}"));
    }
    catch (FuzzFailure failure)
    {
        bad++;
        Console.WriteLine(failure.Message);
    }
}
return bad == 0 ? 0 : 1;

static int Usage()
{
    Console.Error.WriteLine("usage: --decoder <name|all> --count <streams per decoder> --seed <number>; decoders:");
    foreach (FuzzTarget target in FuzzTargets.All)
        Console.Error.WriteLine($"  {target.Name}");
    return 2;
}
