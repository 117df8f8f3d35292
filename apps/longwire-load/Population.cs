using Longwire.Transport;

namespace Longwire.Load;

/// <summary>
/// The connections of a publish/subscribe scenario: subscribers of whom some stall, and one publisher.
/// </summary>
/// <remarks>
/// Owner: a scenario, which disposes it. Concurrency: the members may be called from any thread and do their work on
/// the loop. Bound: the connections it was made with.
/// </remarks>
internal sealed class Population : IAsyncDisposable
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(20);

    private readonly LoadLoop _loop = new();
    private readonly Subscriber[] _subscribers;
    private readonly TimeProvider _time = TimeProvider.System;

    internal Population(int subscribers, int stalling, int messageBytes)
    {
        Tally = new Tally(_time);
        Broadcast = new Broadcast(_loop, _time, messageBytes);
        _subscribers = new Subscriber[subscribers];
        for (int i = 0; i < subscribers; i++)
            _subscribers[i] = new Subscriber(_loop, Broadcast, Tally) { IsStalling = i < stalling };
    }

    internal Tally Tally { get; }

    internal Broadcast Broadcast { get; }

    internal LoadLoop Loop => _loop;

    internal IReadOnlyList<Subscriber> Subscribers => _subscribers;

    internal int Readers => _subscribers.Count(static one => !one.IsStalling);

    /// <summary>
    /// Connects and subscribes the subscribers, then connects the publisher, so that nobody misses the first message.
    /// </summary>
    internal async Task ConnectAsync(Target target)
    {
        long started = _time.GetTimestamp();
        await new Connector(_loop, target.Server).ConnectAllAsync(_subscribers);
        Console.WriteLine($"{_subscribers.Length} subscribed after {_time.GetElapsedTime(started).TotalSeconds:F1} s");
        await new Connector(_loop, target.Server).ConnectAllAsync([Broadcast]);
    }

    /// <summary>Starts publishing at a rate, until the result is disposed.</summary>
    internal async Task<Pacer> BeginRateAsync(double perSecond)
    {
        long firstDue = _time.GetTimestamp();
        await _loop.InvokeAsync(() => Broadcast.BeginRate(perSecond, firstDue));
        return new Pacer(_loop, Broadcast, perSecond, firstDue, _time);
    }

    /// <summary>Lets those who stall stop reading, or read on.</summary>
    internal Task PauseStallingAsync(bool pause) => _loop.InvokeAsync(() =>
    {
        foreach (Subscriber one in _subscribers.Where(static one => one.IsStalling))
            one.IsPaused = pause;
    });

    /// <summary>
    /// Waits until <paramref name="condition"/>, asked on the loop, holds; false when it does not within the time.
    /// </summary>
    internal async Task<bool> WaitAsync(Func<bool> condition, TimeSpan atMost)
    {
        long started = _time.GetTimestamp();
        using var look = new PeriodicTimer(s_look, _time);
        do
        {
            _loop.ThrowIfFaulted();
            if (await _loop.InvokeAsync(condition))
                return true;
        }
        while (_time.GetElapsedTime(started) < atMost && await look.WaitForNextTickAsync());
        return false;
    }

    /// <summary>Counts what the readers still lack of all that was published.</summary>
    internal Task CountMissingAsync() => _loop.InvokeAsync(() =>
    {
        foreach (Subscriber reader in _subscribers.Where(static one => !one.IsStalling))
        {
            if (reader.LastSequence < Broadcast.Published)
                Tally.Missed(Broadcast.Published - reader.LastSequence);
        }
    });

    public async ValueTask DisposeAsync()
    {
        await _loop.InvokeAsync(() =>
        {
            foreach (LoadConnection one in _subscribers.Append<LoadConnection>(Broadcast))
                one.Close(CloseMode.Abort); // no TIME_WAIT, so that the next run finds the ports free
        });
        _loop.Dispose();
    }
}
