using BenchmarkDotNet.Attributes;
using Longwire.Primitives;

namespace Longwire.Micro;

/// <summary>The timers of 10,000 connections, per timer.</summary>
public class TimerWheelBenchmarks
{
    private const int Timers = 10_000;
    private const int Turn = 1024; // ticks, 20.48 s

    private readonly TimerWheel _wheel = new();
    private readonly Timer[] _timers = new Timer[Timers];

    [GlobalSetup]
    public void Setup()
    {
        foreach (ref Timer timer in _timers.AsSpan())
            timer = new Timer();
    }

    /// <summary>A deadline that moves with every message: it is armed again before it was due.</summary>
    [Benchmark(OperationsPerInvoke = Timers)]
    public int Arm_again()
    {
        for (int i = 0; i < Timers; i++)
            _wheel.Arm(_timers[i], _wheel.Current + 1 + (i * 7 & (4 * Turn - 1)));
        return _wheel.Count;
    }

    /// <summary>Every timer is armed within one turn of the wheel, and the turn runs them all.</summary>
    [Benchmark(OperationsPerInvoke = Timers)]
    public long Arm_and_advance()
    {
        for (int i = 0; i < Timers; i++)
            _wheel.Arm(_timers[i], _wheel.Current + 1 + (i * 7 & (Turn - 1)));
        for (int i = 0; i < Turn; i++)
            _wheel.Advance(_wheel.Current + 1);
        return _wheel.Count == 0 ? _timers[0].Runs : throw new InvalidOperationException("A timer was forgotten.");
    }

    /// <summary>Per tick: nothing is due, which is what most ticks are.</summary>
    [Benchmark(OperationsPerInvoke = Turn)]
    public long Advance_idle()
    {
        for (int i = 0; i < Turn; i++)
            _wheel.Advance(_wheel.Current + 1);
        return _wheel.Current;
    }

    private sealed class Timer : TimedWork
    {
        internal long Runs { get; private set; }

        protected internal override void Run() => Runs++;

        protected internal override void OnTimer(long tick) => Runs++;
    }
}
