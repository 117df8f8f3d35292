namespace Longwire.Load.Workloads;

/// <summary>
/// Clients that can be put to work again and again: here, in another process, or in several at once. The order is
/// connect, then any number of begin, stop, settle.
/// </summary>
internal interface IWorkload : IAsyncDisposable
{
    /// <summary>Connects further clients until there are <paramref name="total"/> in all processes.</summary>
    /// <exception cref="InvalidOperationException">One could not be connected.</exception>
    Task ConnectAsync(int total);

    /// <summary>Puts them to work.</summary>
    Task BeginAsync();

    /// <summary>Operations since <see cref="BeginAsync"/>, for the terminal.</summary>
    Task<long> CountAsync();

    /// <summary>Processor time of each process of clients so far, in nanoseconds; empty where it is unknown.</summary>
    IReadOnlyList<long> ReadCpu();

    /// <summary>Begins nothing new; returns each publisher's last number.</summary>
    Task<long[]> StopAsync();

    /// <summary>Waits, a bounded time, until what was begun is done, and tells what came of it.</summary>
    Task<Slice> SettleAsync(long[] published);
}
