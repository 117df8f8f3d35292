using System.Text;
using Longwire.Load.Compression;
using Longwire.Load.Protocols;
using Longwire.Load.Tls;
using Longwire.Primitives;
using Longwire.Transport;

namespace Longwire.Load.Connections;

/// <summary>The driver's one loop, which owns every connection of the process.</summary>
/// <remarks>
/// Owner: a workload. Concurrency: <see cref="InvokeAsync"/> from any thread; the connections on the loop. Bound: one
/// loop, so that on two cores the server under test keeps the other one; more load is more processes.
/// </remarks>
internal sealed class LoadLoop : ILoopTenant, IDisposable
{
    private const int MostComplaint = 80;

    private static readonly TimeSpan s_joinTimeout = TimeSpan.FromSeconds(5);

    private Exception? _fault;
    private long _holds;

    internal LoadLoop(ClientProtocol protocol, TlsContext? tls = null)
    {
        Protocol = protocol;
        Tls = tls;
        Loop = new Loop(0, Poller.ForThisSystem(), Pool, TimeProvider.System) { Tenant = this };
        Loop.Start();
    }

    internal SlabPool Pool { get; } = new();

    /// <summary>What its connections speak.</summary>
    internal ClientProtocol Protocol { get; }

    /// <summary>Under what they speak it; null for TCP alone.</summary>
    internal TlsContext? Tls { get; }

    /// <summary>Inflates what servers send; null when they send plain bytes.</summary>
    internal Inflation? Inflation { get; init; }

    /// <summary>The time of the last read, on the monotonic clock: all that one read brought came then.</summary>
    internal long Now { get; private set; }

    /// <summary>What a server said that the protocol does not know or that was a refusal; the first of them.</summary>
    internal string? Complaint { get; private set; }

    internal Loop Loop { get; }

    public bool Flush() => false; // connections write when they have something; there is nothing to coalesce

    public void OnFault(Exception exception, object? culprit)
    {
        Interlocked.CompareExchange(ref _fault, exception, null);
        Console.Error.WriteLine($"fault in {culprit}: {exception}");
    }

    public void OnHeld(TimeSpan duration, object? culprit) => _holds++;

    /// <summary>
    /// Times since the last call that the loop stood still for over 50 ms: the machine was too busy for the driver,
    /// which shows in the latencies. On the loop.
    /// </summary>
    internal long TakeHolds() => Interlocked.Exchange(ref _holds, 0);

    internal void TouchClock() => Now = TimeProvider.System.GetTimestamp();

    internal void NoteComplaint(ReadOnlySpan<byte> bytes)
    {
        if (Complaint is null)
        {
            string text = Encoding.Latin1.GetString(bytes[..Math.Min(bytes.Length, MostComplaint)]);
            Complaint = string.Concat(text.Select(static one => char.IsBetween(one, ' ', '~') ? one : '.'));
        }
    }

    internal void NoteComplaint(string text) => Complaint ??= text;

    /// <summary>Rents a frame, whose one reference is the caller's.</summary>
    internal Frame RentFrame(int bytes) => Pool.TryRentFrame(bytes, out Frame? frame)
        ? frame
        : throw new InvalidOperationException("The driver's memory ceiling is reached; lower --rate or --size.");

    /// <summary>Runs an action on the loop and gives back its result.</summary>
    internal Task<T> InvokeAsync<T>(Func<T> action)
    {
        var work = new Call<T>(action);
        Loop.Post(work);
        return work.Result;
    }

    /// <summary>Runs an action on the loop.</summary>
    internal Task InvokeAsync(Action action) => InvokeAsync(() =>
    {
        action();
        return true;
    });

    /// <summary>Says that the driver itself failed, which makes every count worthless.</summary>
    internal void ThrowIfFaulted()
    {
        if (_fault is not null)
            throw new InvalidOperationException("The driver failed; the run is void.", _fault);
    }

    public void Dispose()
    {
        Loop.RequestStop();
        if (!Loop.Join(s_joinTimeout))
            return;
        Loop.Dispose();
        Tls?.Dispose();
    }

    private sealed class Call<T>(Func<T> action) : LoopWork
    {
        private readonly TaskCompletionSource<T> _done = new(TaskCreationOptions.RunContinuationsAsynchronously);

        internal Task<T> Result => _done.Task;

        protected override void Run()
        {
            try
            {
                _done.SetResult(action());
            }
            catch (Exception exception)
            {
                _done.SetException(exception);
            }
        }
    }
}
