using BenchmarkDotNet.Attributes;
using Longwire.Primitives;

namespace Longwire.Micro;

/// <summary>Memory for messages: rented and returned, one at a time and many at a time.</summary>
public class SlabPoolBenchmarks
{
    private const int Held = 1_000;

    private readonly SlabPool _pool = new();
    private readonly Lease[] _held = new Lease[Held];

    [Params(128, 16384)]
    public int Size { get; set; }

    [Benchmark]
    public void Rent_and_return() => Rent().Return();

    [Benchmark]
    public void Frame_and_release()
    {
        if (!_pool.TryRentFrame(Size, out Frame? frame))
            throw new InvalidOperationException("The pool has no frame.");
        frame.Release();
    }

    /// <summary>A thousand are held at once, so that slabs come and go.</summary>
    [Benchmark(OperationsPerInvoke = Held)]
    public void Rent_a_thousand_and_return()
    {
        foreach (ref Lease lease in _held.AsSpan())
            lease = Rent();
        foreach (Lease lease in _held)
            lease.Return();
    }

    private Lease Rent() => _pool.TryRent(Size, LeaseOwner.Frame, out Lease? lease)
        ? lease
        : throw new InvalidOperationException("The pool has no block.");
}
