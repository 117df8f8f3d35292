using System.Diagnostics;
using System.Reflection;
using System.Text.Json;
using Longwire.Load.Servers;
using Longwire.Load.Workloads;

namespace Longwire.Load.Crews;

/// <summary>A workload in a process of its own, steered by lines of JSON on its standard input and output.</summary>
/// <remarks>
/// Owner: a crew. Concurrency: one call at a time. Bound: one line each way per call. The process ends when its input
/// does, so it does not outlive this one.
/// </remarks>
internal sealed class WorkerProcess : IWorkload
{
    internal const string Command = "worker";

    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(5);

    private readonly Process _process;

    internal WorkerProcess(LoadPlan plan)
    {
        _process = Process.Start(new ProcessStartInfo(Executable(), [Command])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;
        _process.StandardInput.WriteLine(JsonSerializer.Serialize(plan, CrewJson.Default.LoadPlan));
        _process.StandardInput.Flush();
    }

    public Task ConnectAsync(int total) => AskAsync(new WorkerRequest { Do = WorkerStep.Connect, Total = total });

    public IReadOnlyList<long> ReadCpu() => SystemClock.ReadCpu(_process.Id);

    public Task BeginAsync() => AskAsync(new WorkerRequest { Do = WorkerStep.Begin });

    public async Task<long> CountAsync() => (await AskAsync(new WorkerRequest { Do = WorkerStep.Count })).Count;

    public async Task<long[]> StopAsync() =>
        (await AskAsync(new WorkerRequest { Do = WorkerStep.Stop })).Published ?? [];

    public async Task<Slice> SettleAsync(long[] published) =>
        (await AskAsync(new WorkerRequest { Do = WorkerStep.Settle, Published = published })).Slice!.ToSlice();

    public async ValueTask DisposeAsync()
    {
        _process.StandardInput.Close();
        try
        {
            await _process.WaitForExitAsync().WaitAsync(s_patience);
        }
        catch (TimeoutException)
        {
            _process.Kill();
        }
        _process.Dispose();
    }

    /// <summary>This program: its own process, or, in a test's, the file beside the assembly.</summary>
    private static string Executable()
    {
        string name = Assembly.GetExecutingAssembly().GetName().Name!;
        if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == name)
            return Environment.ProcessPath!;
        return Path.Combine(AppContext.BaseDirectory, OperatingSystem.IsWindows() ? $"{name}.exe" : name);
    }

    private async Task<WorkerAnswer> AskAsync(WorkerRequest request)
    {
        await _process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(request, CrewJson.Default.WorkerRequest));
        await _process.StandardInput.FlushAsync();
        string? line = await _process.StandardOutput.ReadLineAsync().WaitAsync(s_patience);
        WorkerAnswer? answer = line is null ? null : JsonSerializer.Deserialize(line, CrewJson.Default.WorkerAnswer);
        if (answer is { Error: null })
            return answer;
        throw new InvalidOperationException(answer?.Error ?? $"A worker ended while it was told to {request.Do}.");
    }
}
