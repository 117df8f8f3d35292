using System.Diagnostics;

namespace PushLab;

/// <summary>
/// Allocates on the pool at a steady rate, as handlers do that parse, format and query: nine of ten objects die at
/// once, the tenth lives for about two seconds, long enough to be promoted and then to be garbage in an older
/// generation.
/// </summary>
/// <remarks>Owner: the lab. Concurrency: one pool thread at a time. Bound: <see cref="Kept"/> objects.</remarks>
internal sealed class Garbage(int megabytesPerSecond)
{
    private const int MostBytes = 4000; // of one object, 2,000 on average: 50,000 objects a second at 100 MB/s
    private const int Kept = 10_000;
    private const int KeptShare = 10;

    private static readonly TimeSpan s_tick = TimeSpan.FromMilliseconds(5);

    private readonly byte[][] _kept = new byte[Kept][];
    private readonly Random _random = new(1);

    internal async Task MakeAsync(CancellationToken cancellation)
    {
        using var tick = new PeriodicTimer(s_tick);
        var clock = Stopwatch.StartNew();
        long made = 0;
        for (long objects = 0; await tick.WaitForNextTickAsync(cancellation);)
        {
            for (double due = clock.Elapsed.TotalSeconds * megabytesPerSecond * 1e6; made < due; objects++)
            {
                byte[] one = new byte[_random.Next(MostBytes)];
                made += one.Length;
                if (objects % KeptShare == 0)
                    _kept[objects / KeptShare % Kept] = one;
            }
        }
    }
}
