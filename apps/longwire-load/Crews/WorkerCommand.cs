using System.CommandLine;
using System.Text.Json;
using Longwire.Load.Workloads;

namespace Longwire.Load.Crews;

/// <summary>The hidden command that is the other side of <see cref="WorkerProcess"/>.</summary>
internal static class WorkerCommand
{
    internal static Command Create()
    {
        var command = new Command(WorkerProcess.Command, "one process of clients, told by lines of JSON what to do")
        {
            Hidden = true,
        };
        command.SetAction((_, _) => RunAsync(Console.In, Console.Out));
        return command;
    }

    /// <summary>Does as it is told until the input ends.</summary>
    internal static async Task RunAsync(TextReader input, TextWriter output)
    {
        LoadPlan? plan = await input.ReadLineAsync() is { } first
            ? JsonSerializer.Deserialize(first, CrewJson.Default.LoadPlan)
            : null;
        if (plan is null)
            return;
        await using Workload workload = Workload.Create(plan);
        while (await input.ReadLineAsync() is { } line)
        {
            WorkerRequest request = JsonSerializer.Deserialize(line, CrewJson.Default.WorkerRequest)!;
            WorkerAnswer answer;
            try
            {
                answer = await DoAsync(workload, request);
            }
            catch (InvalidOperationException exception)
            {
                answer = new WorkerAnswer { Error = exception.Message };
            }
            await output.WriteLineAsync(JsonSerializer.Serialize(answer, CrewJson.Default.WorkerAnswer));
            await output.FlushAsync();
        }
    }

    private static async Task<WorkerAnswer> DoAsync(Workload workload, WorkerRequest request)
    {
        switch (request.Do)
        {
            case WorkerStep.Connect:
                await workload.ConnectAsync(request.Total);
                return new WorkerAnswer();
            case WorkerStep.Begin:
                await workload.BeginAsync();
                return new WorkerAnswer();
            case WorkerStep.Count:
                return new WorkerAnswer { Count = await workload.CountAsync() };
            case WorkerStep.Stop:
                return new WorkerAnswer { Published = await workload.StopAsync() };
            default:
                Slice slice = await workload.SettleAsync(request.Published ?? []);
                return new WorkerAnswer { Slice = SliceMessage.From(slice) };
        }
    }
}
