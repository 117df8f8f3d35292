using System.Globalization;
using Longwire.Service.Sources;
using Longwire.Service.Sources.Configuration;
using Longwire.Service.Sources.Exec;

namespace Longwire.Service.Tests.Sources;

/// <summary>Real programs. A fifo that each process holds open says, by its end, that all of them are gone.</summary>
public sealed class ExecSourceTests : IDisposable
{
    private const string Topic = "host/x";

    private readonly string _folder = Directory.CreateTempSubdirectory("longwire-exec-").FullName;

    public ExecSourceTests() => Assert.SkipWhen(OperatingSystem.IsWindows(), "Runs Unix programs.");

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task Arguments_are_passed_as_they_are_without_a_shell()
    {
        using var run = new SourceRun(Exec(["printf", "%s|", "a  b", "$HOME", "*", "\"'"]));
        Assert.EndsWith(
            """ "state":"ok","exit_code":0,"text":"a  b|$HOME|*|\"'|"}""".Trim(), await run.ReadAsync(Topic));
        Assert.Equal(SourceState.Ok, run.Health.State);
    }

    [Fact]
    public async Task A_shell_is_used_when_asked_for()
    {
        using var run = new SourceRun(Exec(["printf 'b\\na\\n' | sort"]) with { Shell = true });
        Assert.EndsWith("\"text\":\"a\\nb\"}", await run.ReadAsync(Topic));
    }

    [Fact]
    public async Task It_runs_in_the_root_folder_with_an_empty_input()
    {
        using var run = new SourceRun(Exec(["cat; pwd"]) with { Shell = true });
        Assert.EndsWith("\"text\":\"/\"}", await run.ReadAsync(Topic));
    }

    [Fact]
    public async Task Fields_of_a_JSON_object_are_topics()
    {
        using var run = new SourceRun(
            Exec(["echo", """{"free":12.50,"name":"a/b","ok":true,"list":[1,null],"a b":{"c":1}}"""]) with
            {
                Format = ExecFormat.Json,
            });
        Assert.EndsWith("""{"state":"ok","exit_code":0}"""[1..], await run.ReadAsync(Topic));
        Assert.Equal("""{"value":12.50}""", run.Take("host/x/free"));
        Assert.Equal("""{"value":"a/b"}""", run.Take("host/x/name"));
        Assert.Equal("""{"value":true}""", run.Take("host/x/ok"));
        Assert.Equal("""{"value":[1,null]}""", run.Take("host/x/list"));
        Assert.Equal("""{"value":{"c":1}}""", run.Take("host/x/a%20b"));
    }

    [Fact]
    public async Task Any_other_JSON_is_the_value()
    {
        using var run = new SourceRun(Exec(["echo", "[1,2]"]) with { Format = ExecFormat.Json });
        Assert.EndsWith("\"value\":[1,2]}", await run.ReadAsync(Topic));
    }

    [Fact]
    public async Task What_is_no_JSON_is_a_failure_and_says_where()
    {
        using var run = new SourceRun(Exec(["echo", "{\n  x"]) with { Format = ExecFormat.Json });
        Assert.Equal(
            """{"exit_code":0,"state":"failed","error":"It printed no JSON: line 2, byte 3."}""",
            await run.ReadAsync(Topic));
    }

    [Fact]
    public async Task Keys_are_topics_and_values_are_numbers_where_they_look_so()
    {
        using var run = new SourceRun(Exec(["printf", "# load\n\nload = 0.25\nusers=3\r\nname=a=b\nempty=\n"]) with
        {
            Format = ExecFormat.KeyValue,
        });
        await run.ReadAsync();
        Assert.Equal("""{"value":0.25}""", run.Take("host/x/load"));
        Assert.Equal("""{"value":3}""", run.Take("host/x/users"));
        Assert.Equal("""{"value":"a=b"}""", run.Take("host/x/name"));
        Assert.Equal("""{"value":""}""", run.Take("host/x/empty"));
    }

    [Fact]
    public async Task A_line_that_is_no_key_and_value_is_a_failure()
    {
        using var run = new SourceRun(Exec(["printf", "a=1\nb\n"]) with { Format = ExecFormat.KeyValue });
        await run.ReadAsync();
        Assert.EndsWith(
            "\"error\":\"Line 2 of what it printed is no key=value.\"}", run.Sink.Take(Topic)[^1]);
    }

    [Fact]
    public async Task Fields_that_are_always_others_end_in_a_failure()
    {
        string count = Path.Combine(_folder, "count");
        using var run = new SourceRun(
            Exec([$"n=$(cat {count} || echo 0); seq -f 'f%.0f=1' $n $((n + 399)); echo $((n + 400)) >{count}"]) with
            {
                Shell = true,
                Format = ExecFormat.KeyValue,
                MaxBytes = 1 << 14,
            });
        for (int reading = 0; reading < 2; reading++)
        {
            await run.ReadAsync();
            Assert.Equal(SourceState.Ok, run.Health.State);
        }
        Assert.Single(run.Sink.Take("retired:host/x/f0"));
        await run.ReadAsync();
        Assert.StartsWith("It printed more than 1024 different fields since the start", run.Health.Error);
    }

    [Theory]
    [InlineData(400)]
    [InlineData(0)]
    public async Task A_field_that_is_no_topic_is_a_failure(int length)
    {
        using var run = new SourceRun(Exec(["echo", $$"""{"{{new string('x', length)}}":1}"""]) with
        {
            Format = ExecFormat.Json,
        });
        await run.ReadAsync();
        Assert.Equal(length > 0 ? SourceState.Failed : SourceState.Ok, run.Health.State); // an empty name is %
    }

    [Fact]
    public async Task An_exit_code_and_the_end_of_standard_error_are_reported()
    {
        using var run = new SourceRun(
            Exec(["for i in $(seq 1000); do echo line $i >&2; done; exit 3"]) with { Shell = true });
        string json = await run.ReadAsync(Topic);
        Assert.StartsWith("{\"exit_code\":3,\"stderr\":\"", json);
        Assert.EndsWith("line 999\\nline 1000\",\"state\":\"failed\",\"error\":\"It ended with exit code 3.\"}", json);
        Assert.InRange(json.Length, ProgramRun.MaxErrorBytes, ProgramRun.MaxErrorBytes + 200);
        Assert.Equal("It ended with exit code 3.", run.Health.Error);
    }

    [Fact]
    public async Task A_program_that_is_not_there_is_named()
    {
        using var run = new SourceRun(Exec(["no-such-program"]));
        Assert.Contains("'no-such-program' was not found", await run.ReadAsync(Topic));
        using var relative = new SourceRun(Exec(["./x"]));
        Assert.Contains("'./x' was not found", await relative.ReadAsync(Topic));
    }

    [Fact]
    public async Task A_file_that_is_no_program_is_a_failure()
    {
        string file = Path.Combine(_folder, "text");
        await File.WriteAllTextAsync(file, "text", TestContext.Current.CancellationToken);
        using var run = new SourceRun(Exec([file]));
        Assert.Contains("\"state\":\"failed\"", await run.ReadAsync(Topic));
    }

    [Fact]
    public async Task Endless_output_is_cut_off_and_the_program_killed()
    {
        using var run = new SourceRun(Exec(["yes"]));
        Assert.Contains("It printed more than 4096 bytes and was killed", await run.ReadAsync(Topic));
    }

    [Fact]
    public async Task Much_output_costs_little_memory()
    {
        // 64 MiB on standard error, which is read to the end, and then more than is allowed on standard output.
        using var run = new SourceRun(
            Exec(["head -c 67108864 /dev/zero >&2; head -c 67108864 /dev/zero"]) with { Shell = true });
        long before = GC.GetTotalAllocatedBytes(precise: true);
        await run.ReadAsync();
        long allocated = GC.GetTotalAllocatedBytes(precise: true) - before;
        Assert.Equal(SourceState.Failed, run.Health.State);
        // Other tests allocate, too; kept whole, either output would be 64 MiB.
        Assert.InRange(allocated, 0, 32 << 20);
    }

    [Fact]
    public async Task At_its_timeout_the_whole_process_group_is_killed()
    {
        var time = new ArmedTime();
        await using Fifo fifo = Fifo.Create(Path.Combine(_folder, "alive"));
        SourceSchedule schedule = SourceRun.Schedule(Topic) with { Timeout = TimeSpan.FromSeconds(5) };
        // A child, and an orphan whose parent is gone, which no walk down from the program would find.
        using var run = new SourceRun(
            Exec([$"exec 9>{fifo.Path}; (sleep 1000 &) ; sleep 1000 & echo started >&9; wait"]) with
            {
                Shell = true,
                Schedule = schedule,
            },
            time);
        Task reading = run.ReadAsync();
        Assert.Equal("started", await fifo.ReadLineAsync());
        await time.WaitForTimerAsync(schedule.Timeout, "the reading");
        time.Advance(schedule.Timeout);
        await reading;
        Assert.Null(await fifo.ReadLineAsync()); // the end: nobody holds it
        Assert.Equal("""{"state":"failed","error":"No answer within 5 s."}""", run.Take(Topic));
    }

    [Fact]
    public async Task What_a_program_leaves_behind_is_killed_and_not_waited_for()
    {
        await using Fifo fifo = Fifo.Create(Path.Combine(_folder, "alive"));
        using var run = new SourceRun(Exec([$"exec 9>{fifo.Path}; sleep 1000 & echo done"]) with { Shell = true });
        Assert.EndsWith("\"text\":\"done\"}", await run.ReadAsync(Topic));
        Assert.Null(await fifo.ReadLineAsync());
    }

    [Fact]
    public async Task A_process_that_left_the_group_cannot_hold_the_reading_beyond_its_timeout()
    {
        var time = new ArmedTime();
        await using Fifo fifo = Fifo.Create(Path.Combine(_folder, "alive"));
        SourceSchedule schedule = SourceRun.Schedule(Topic) with { Timeout = TimeSpan.FromSeconds(5) };
        using var run = new SourceRun(
            Exec([$"setsid sh -c 'echo $$ >{fifo.Path}; exec sleep 1000' & sleep 0.1"]) with
            {
                Shell = true,
                Schedule = schedule,
            },
            time);
        Task reading = run.ReadAsync();
        int escaped = int.Parse((await fifo.ReadLineAsync())!, CultureInfo.InvariantCulture);
        try
        {
            await time.WaitForTimerAsync(schedule.Timeout, "the reading");
            time.Advance(schedule.Timeout);
            await reading;
            Assert.Equal(SourceState.Failed, run.Health.State);
        }
        finally
        {
            ProcessGroup.Kill(escaped);
        }
    }

    private static ExecOptions Exec(string[] command) => new(
        "x", Topic, SourceRun.Schedule(Topic), command, Shell: false, ExecFormat.Text, MaxBytes: 4096);
}
