using System.Net;
using Longwire.Load.Compression;
using Longwire.Load.Connections;
using Longwire.Load.Protocols;
using Longwire.Load.Servers;
using Longwire.Load.Tls;
using Longwire.Transport;

namespace Longwire.Load.Workloads;

/// <summary>The clients of this process: their loop, their connections, and what all workloads do alike.</summary>
/// <remarks>
/// Owner: whoever measures, or the worker's process. Concurrency: the members from any thread, one at a time; the
/// connections on the loop. Bound: the plan's share of connections.
/// </remarks>
internal abstract class Workload(LoadPlan plan) : IWorkload
{
    private static readonly TimeSpan s_look = TimeSpan.FromMilliseconds(2);

    private readonly DialOptions _dial = new()
    {
        Timeout = TimeSpan.FromSeconds(30),
        Local = plan.Source == 0 ? null : new IPEndPoint(new IPAddress([127, 0, 0, plan.Source]), 0),
    };

    private readonly List<LoadConnection> _connections = [];

    internal LoadPlan Plan { get; } = plan;

    internal LoadLoop Loop { get; } = new(
        ClientProtocol.Named(plan.Protocol),
        plan.Tls == TlsUse.None ? null : new TlsContext(resumes: plan.Tls == TlsUse.Resumed))
    {
        Inflation = plan.Inflates ? new Inflation() : null,
    };

    /// <summary>Connected clients of this process; publishers are not among them.</summary>
    internal IReadOnlyList<LoadConnection> Connections => _connections;

    protected static TimeProvider Time => TimeProvider.System;

    internal static Workload Create(LoadPlan plan) => plan.Kind switch
    {
        WorkloadKind.Fanout => new FanoutWorkload(plan),
        WorkloadKind.Echo => new EchoWorkload(plan),
        WorkloadKind.Ingest => new IngestWorkload(plan),
        WorkloadKind.Storm => new StormWorkload(plan),
        _ => new IdleWorkload(plan),
    };

    public virtual async Task ConnectAsync(int total)
    {
        int before = _connections.Count;
        int share = Math.Clamp(total - Plan.First, 0, Plan.Share);
        for (int i = before; i < share; i++)
            _connections.Add(CreateConnection(Plan.First + i));
        await ConnectAsync(_connections[before..]);
    }

    public IReadOnlyList<long> ReadCpu() => SystemClock.ReadCpu(Environment.ProcessId);

    public abstract Task BeginAsync();

    public abstract Task<long> CountAsync();

    public abstract Task<long[]> StopAsync();

    public abstract Task<Slice> SettleAsync(long[] published);

    public virtual async ValueTask DisposeAsync()
    {
        await DropAsync(CloseMode.Abort); // no TIME_WAIT, so that the next run finds the ports free
        Loop.Dispose();
        GC.SuppressFinalize(this);
    }

    /// <summary>Waits until <paramref name="condition"/> holds on the loop; false if it takes too long.</summary>
    internal async Task<bool> WaitAsync(Func<bool> condition, TimeSpan atMost)
    {
        long started = Time.GetTimestamp();
        using var look = new PeriodicTimer(s_look, Time);
        do
        {
            Loop.ThrowIfFaulted();
            if (await Loop.InvokeAsync(condition))
                return true;
        }
        while (Time.GetElapsedTime(started) < atMost && await look.WaitForNextTickAsync());
        return false;
    }

    protected abstract LoadConnection CreateConnection(int number);

    /// <summary>Connects, and all of them: a scenario with fewer would measure less than it says.</summary>
    protected async Task ConnectAsync(IReadOnlyList<LoadConnection> connections)
    {
        await NewConnector().ConnectAllAsync(connections);
        Loop.ThrowIfFaulted();
        LoadConnection[] failed = [.. connections.Where(static one => one.Ending != Ending.None)];
        if (failed.Length == 0)
            return;
        string complaint = Loop.Complaint is { } text ? $", and the server said: {text}" : "";
        throw new InvalidOperationException(
            $"{failed.Length} of {connections.Count} connections to {Plan.Server} failed; the first: "
            + $"{failed[0].Ending} {failed[0].Error}{complaint}.");
    }

    protected Connector NewConnector(Action<LoadConnection>? dialling = null) =>
        new(Loop, Plan.ServerEndPoint, _dial) { Dialling = dialling };

    protected virtual Task DropAsync(CloseMode mode) => Loop.InvokeAsync(() =>
    {
        foreach (LoadConnection one in _connections)
            one.Drop(mode);
    });

    /// <summary>A slice with what all workloads count; on the loop.</summary>
    protected Slice NewSlice()
    {
        Loop.ThrowIfFaulted();
        return new Slice()
            .Count(CountNames.LostConnections, _connections.Count(static one => one.Ending != Ending.None))
            .Count(CountNames.Holds, Loop.TakeHolds());
    }
}
