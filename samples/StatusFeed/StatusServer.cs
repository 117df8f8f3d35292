using System.Text.Json;
using System.Text.Json.Serialization;

namespace Longwire.Samples.StatusFeed;

/// <summary>The server's half: publishes the status of jobs when it changes, and takes commands to them.</summary>
/// <remarks>
/// Owner: whoever made it. Concurrency: start and dispose once; commands and the beat meet under one lock. Bound: as
/// many topics as jobs and one more, each with <see cref="History"/> messages for clients that come back.
/// </remarks>
internal sealed class StatusServer : IAsyncDisposable
{
    /// <summary>How many changes of a topic a client may miss and still get all of them.</summary>
    public const int History = 100;

    private static readonly TimeSpan s_beat = TimeSpan.FromSeconds(1);

    private readonly Job[] _jobs = [new("backup"), new("import"), new("report")];
    private readonly Lock _gate = new(); // what is published last is what is true
    private readonly TimeProvider _time;
    private readonly long _started;
    private readonly TcpServer _server;
    private readonly CancellationTokenSource _ending = new();
    private Task _beating = Task.CompletedTask;

    public StatusServer(string listen, TimeProvider time, PollerKind poller = PollerKind.Automatic)
    {
        _time = time;
        _started = time.GetTimestamp();
        _server = TcpServer.Create(o => o
            .Poller(poller)
            .Hub(new HubOptions
            {
                Topics = [(TopicFilter.Parse("status/#"), new TopicOptions { HistoryEntries = History })],
            })
            .Listen(listen, e => e.UseFeed(feed => feed.OnCommand(AnswerAsync))));
    }

    /// <summary>Where it listens, once it is started.</summary>
    public string Address => _server.Addresses[0];

    /// <summary>Publishes what there is, then lets clients in.</summary>
    public async Task StartAsync(CancellationToken cancellation)
    {
        PublishProcess();
        foreach (Job job in _jobs)
            Publish(job);
        await _server.StartAsync(cancellation);
        _beating = BeatAsync();
    }

    public Task WaitForShutdownAsync(CancellationToken cancellation) => _server.WaitForShutdownAsync(cancellation);

    public async ValueTask DisposeAsync()
    {
        await _ending.CancelAsync();
        await _beating;
        await _server.DisposeAsync();
        _ending.Dispose();
    }

    private async Task BeatAsync()
    {
        using var timer = new PeriodicTimer(s_beat, _time);
        try
        {
            while (await timer.WaitForNextTickAsync(_ending.Token))
                Beat();
        }
        catch (OperationCanceledException) when (_ending.IsCancellationRequested)
        {
            return; // the server ends
        }
    }

    private void Beat()
    {
        lock (_gate)
        {
            foreach (Job job in _jobs.Where(static job => job.Work()))
                Publish(job);
        }
        PublishProcess();
    }

    /// <summary>Commands come one at a time from each client, and at the same time from several.</summary>
    private ValueTask<FeedAnswer> AnswerAsync(Connection<FeedSession> connection, FeedRequest command) =>
        ValueTask.FromResult(command.Name switch
        {
            "pause" => Set(command.Text, isPaused: true),
            "resume" => Set(command.Text, isPaused: false),
            _ => FeedAnswer.Unknown,
        });

    private FeedAnswer Set(string name, bool isPaused)
    {
        if (Array.Find(_jobs, job => job.Name == name) is not { } job)
        {
            string known = string.Join(", ", _jobs.Select(static job => job.Name));
            return FeedAnswer.Failed($"there is no job '{name}'; there are {known}");
        }
        lock (_gate)
        {
            if (job.IsPaused == isPaused)
                return $"{name} is {job.State} already";
            job.IsPaused = isPaused;
            Publish(job); // who watches knows it before who asked
            return $"{name} is {job.State}";
        }
    }

    private void Publish(Job job) => _server.Hub.Publish(
        $"status/job/{job.Name}",
        JsonSerializer.SerializeToUtf8Bytes(new JobStatus(job.State, job.Done), StatusJson.Default.JobStatus));

    private void PublishProcess() => _server.Hub.Publish(
        "status/process",
        JsonSerializer.SerializeToUtf8Bytes(
            new ProcessStatus((long)_time.GetElapsedTime(_started).TotalSeconds, Environment.WorkingSet),
            StatusJson.Default.ProcessStatus));
}

/// <summary>Something that goes on for long and can be paused; your own takes its place.</summary>
internal sealed class Job(string name)
{
    public string Name { get; } = name;

    public bool IsPaused { get; set; }

    public long Done { get; private set; }

    public string State => IsPaused ? "paused" : "running";

    /// <summary>One step; false when there was none to do.</summary>
    public bool Work()
    {
        if (!IsPaused)
            Done++;
        return !IsPaused;
    }
}

/// <summary>The payload of <c>status/job/NAME</c>.</summary>
internal sealed record JobStatus(string State, long Done);

/// <summary>The payload of <c>status/process</c>.</summary>
internal sealed record ProcessStatus(long UptimeSeconds, long MemoryBytes);

/// <summary>Both as JSON, without reflection.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(JobStatus))]
[JsonSerializable(typeof(ProcessStatus))]
internal sealed partial class StatusJson : JsonSerializerContext;
