using Longwire.Load.Workloads;

namespace Longwire.Load.Crews;

/// <summary>One workload in several processes: told at once, added up.</summary>
/// <remarks>Owner: whoever measures. Concurrency: one call at a time. Bound: its members.</remarks>
internal sealed class Crew : IWorkload
{
    private const int MostProcesses = 64;

    private readonly IReadOnlyList<IWorkload> _members;

    internal Crew(IReadOnlyList<IWorkload> members) => _members = members;

    /// <summary>
    /// Clients in this process if they fit, else in as many as they need; <paramref name="apart"/> keeps them out of
    /// this one in any case.
    /// </summary>
    /// <exception cref="ArgumentException">The plan needs all its clients in one process.</exception>
    internal static IWorkload Create(LoadPlan plan, int perProcess, bool apart)
    {
        LoadPlan[] shares = Split(plan, perProcess);
        if (shares.Length == 1)
            return apart ? new WorkerProcess(shares[0]) : Workload.Create(shares[0]);
        return new Crew([.. shares.Select(static share => new WorkerProcess(share))]);
    }

    /// <summary>Gives each process its connections, and its own source address so that ports suffice.</summary>
    internal static LoadPlan[] Split(LoadPlan plan, int perProcess)
    {
        int processes = (plan.Connections + perProcess - 1) / perProcess;
        if (processes > 1 && plan is { Kind: WorkloadKind.Fanout, Window: > 0 })
        {
            throw new ArgumentException(
                $"--window needs all {plan.Connections} clients in one process, which holds {perProcess}: give --rate "
                + "instead, fewer --connections, or a higher --per-process (and ulimit -n).");
        }
        if (processes > MostProcesses)
        {
            throw new ArgumentException(
                $"--per-process {perProcess} makes {processes} processes; at most {MostProcesses} are "
                + "started: raise it.");
        }
        bool isLoopback = plan.ServerEndPoint is System.Net.IPEndPoint { Address: var address }
            && address.Equals(System.Net.IPAddress.Loopback);
        return [.. Enumerable.Range(0, processes).Select(process => plan with
        {
            First = process * perProcess,
            Share = Math.Min(perProcess, plan.Connections - process * perProcess),
            Source = (byte)(isLoopback && process > 0 ? process + 1 : 0),
        })];
    }

    /// <summary>One process after the other: each dials as many at a time as a server's backlog likes.</summary>
    public async Task ConnectAsync(int total)
    {
        foreach (IWorkload member in _members)
            await member.ConnectAsync(total);
    }

    /// <summary>The first process has the publishers, so it begins when the others count.</summary>
    public async Task BeginAsync()
    {
        await Task.WhenAll(_members.Skip(1).Select(static one => one.BeginAsync()));
        await _members[0].BeginAsync();
    }

    public IReadOnlyList<long> ReadCpu() => [.. _members.SelectMany(static one => one.ReadCpu())];

    public async Task<long> CountAsync() =>
        (await Task.WhenAll(_members.Select(static one => one.CountAsync()))).Sum();

    /// <summary>The publishers are in the first process.</summary>
    public async Task<long[]> StopAsync() => (await Task.WhenAll(_members.Select(static one => one.StopAsync())))[0];

    public async Task<Slice> SettleAsync(long[] published)
    {
        Slice[] slices = await Task.WhenAll(_members.Select(one => one.SettleAsync(published)));
        var sum = new Slice();
        foreach (Slice slice in slices)
            sum.Add(slice);
        return sum;
    }

    public async ValueTask DisposeAsync()
    {
        foreach (IWorkload member in _members)
            await member.DisposeAsync();
    }
}
