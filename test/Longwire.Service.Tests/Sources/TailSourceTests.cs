using System.Text;
using System.Text.Json;
using CsCheck;
using Longwire.Service.Sources;
using Longwire.Service.Sources.Configuration;
using Longwire.Service.Sources.Files;

namespace Longwire.Service.Tests.Sources;

/// <summary>Real files: appended to, renamed, truncated, removed.</summary>
public sealed class TailSourceTests : IDisposable
{
    private const string Topic = "log/app";
    private const string LineTopic = "log/app/line";
    private const int MaxLineBytes = 64;

    private readonly string _folder = Directory.CreateTempSubdirectory("longwire-tail-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public async Task It_begins_at_the_end_and_publishes_each_line()
    {
        string path = Write("app.log", "old\n");
        using SourceRun run = Tail(path);
        Assert.Equal(
            """{"state":"ok","lines":0,"rotations":0,"skipped_bytes":0}""", await run.ReadAsync(Topic));
        Append(path, "one\r\ntwo\nthr");
        await run.ReadAsync();
        Assert.Equal(["one", "two"], Lines(run));
        Append(path, "ee\n\n");
        await run.ReadAsync();
        Assert.Equal(["three", ""], Lines(run));
        await run.ReadAsync();
        Assert.Empty(Lines(run)); // a line is not repeated
    }

    [Fact]
    public async Task A_line_that_is_too_long_is_cut_and_says_so()
    {
        string path = Write("app.log", "");
        using SourceRun run = Tail(path);
        await run.ReadAsync();
        Append(path, new string('x', 100_000) + "\nshort\n");
        await run.ReadAsync();
        string[] json = [.. run.Sink.Take(LineTopic).Select(SourceRun.WithoutTime)];
        Assert.Equal([$$"""{"line":"{{new string('x', MaxLineBytes)}}","cut":true}""", """{"line":"short"}"""], json);
    }

    [Fact]
    public async Task A_file_that_is_not_there_is_a_failure_and_all_new_when_it_comes()
    {
        string path = Path.Combine(_folder, "later.log");
        using SourceRun run = Tail(path);
        string json = await run.ReadAsync(Topic);
        Assert.Contains("\"state\":\"failed\"", json);
        Assert.Contains("later.log", json);
        Write("later.log", "first\n");
        await run.ReadAsync();
        Assert.Equal(["first"], Lines(run));
        Assert.True(run.Health.IsHealthy);
    }

    [Fact]
    public async Task What_was_written_before_a_rename_comes_before_the_new_file()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Elsewhere a file is known by its time of creation only.");
        string path = Write("app.log", "");
        using SourceRun run = Tail(path);
        await run.ReadAsync();
        Append(path, "a\nlast, without an end");
        File.Move(path, path + ".1");
        Write("app.log", "b\n");
        await run.ReadAsync();
        Assert.Equal(["a", "last, without an end", "b"], Lines(run));
        Assert.Contains("\"rotations\":1", run.Sink.Take(Topic)[^1]);
    }

    [Fact]
    public async Task A_removed_file_is_a_failure_after_its_last_lines()
    {
        string path = Write("app.log", "");
        using SourceRun run = Tail(path);
        await run.ReadAsync();
        Append(path, "last\n");
        File.Delete(path);
        run.Sink.Take(Topic);
        Assert.Contains("is not there any more", await run.ReadAsync(Topic));
        Assert.Equal(["last"], Lines(run));
    }

    [Fact]
    public async Task A_truncated_file_is_read_from_its_start()
    {
        string path = Write("app.log", "long enough\n");
        using SourceRun run = Tail(path);
        await run.ReadAsync();
        Write("app.log", "new\n");
        await run.ReadAsync();
        Assert.Equal(["new"], Lines(run));
    }

    [Fact]
    public async Task Many_lines_take_several_readings_and_none_is_lost()
    {
        string path = Write("app.log", "");
        using SourceRun run = Tail(path);
        await run.ReadAsync();
        string[] lines = [.. Enumerable.Range(0, 5000).Select(i => $"line {i}")];
        Append(path, string.Join('\n', lines) + "\n");
        List<string> got = [];
        for (int reading = 0; reading < 5; reading++)
        {
            await run.ReadAsync();
            string[] now = Lines(run);
            Assert.InRange(now.Length, 1, TailSource.MaxLines);
            got.AddRange(now);
        }
        Assert.Equal(lines, got);
    }

    [Theory]
    [InlineData(60)]
    [InlineData(64)] // a line begins where reading goes on
    public async Task Far_behind_it_skips_to_a_whole_line_and_counts_every_byte(int lineBytes)
    {
        string path = Write("app.log", "");
        using SourceRun run = Tail(path);
        await run.ReadAsync();
        const string Begun = "begun";
        Append(path, Begun);
        await run.ReadAsync();
        string line = new string('x', lineBytes - 1) + "\n";
        int length = 3 * FileTail.MaxBacklogBytes / line.Length;
        Append(path, string.Concat(Enumerable.Repeat(line, length)));
        long before = GC.GetTotalAllocatedBytes(precise: true);
        await run.ReadAsync();
        Assert.InRange(GC.GetTotalAllocatedBytes(precise: true) - before, 0, 8 << 20);
        Assert.All(Lines(run), got => Assert.Equal(line.TrimEnd(), got));
        using JsonDocument state = JsonDocument.Parse(run.Sink.Take(Topic)[^1]);
        int kept = FileTail.MaxBytesPerReading / line.Length;
        Assert.Equal(
            Begun.Length + ((length - kept) * line.Length),
            state.RootElement.GetProperty("skipped_bytes").GetInt64());
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task The_rest_of_a_skipped_line_ends_with_its_file(bool isRenamed)
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Elsewhere a file is known by its time of creation only.");
        string path = Write("app.log", "");
        using SourceRun run = Tail(path);
        await run.ReadAsync();
        Append(path, new string('x', 2 * FileTail.MaxBacklogBytes)); // one line, which does not end
        await run.ReadAsync();
        if (isRenamed)
            File.Move(path, path + ".1");
        Write("app.log", "first\nsecond\n");
        await run.ReadAsync();
        Assert.Equal(["first", "second"], Lines(run));
        Assert.Contains("\"rotations\":1", run.Sink.Take(Topic)[^1]);
    }

    /// <summary>Whatever the order of writes, renames, truncations and looks: each line once, in order.</summary>
    [Fact]
    public void No_line_is_lost_doubled_or_out_of_order()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "Elsewhere a file is known by its time of creation only.");
        Gen<string> text = Gen.Char["ab\r\n"].Array[0, 150].Select(characters => new string(characters));
        Gen<Step> step = Gen.Frequency(
            (6, text.Select(written => new Step(StepKind.Append, written))),
            (3, Gen.Const(new Step(StepKind.Read, ""))),
            (2, Gen.Const(new Step(StepKind.Rename, ""))),
            (1, Gen.Const(new Step(StepKind.Truncate, ""))));
        step.Array[1, 40].Sample(Check, iter: 300, threads: 1);
    }

    private void Check(Step[] steps)
    {
        string path = Write("model.log", "");
        var tail = new FileTail(path, MaxLineBytes, maxLines: int.MaxValue);
        List<string> got = [];
        List<string> expected = [];
        string open = ""; // what was written to the file since the last line end
        bool wasRenamed = false;
        void Read()
        {
            tail.Read((line, isCut) => got.Add(Encoding.UTF8.GetString(line) + (isCut ? "…" : "")));
            wasRenamed = false;
        }

        void EndFile()
        {
            if (open.Length > 0)
                expected.Add(Bounded(open));
            open = "";
        }

        Read();
        foreach (Step step in steps)
        {
            switch (step.Kind)
            {
                case StepKind.Append:
                    Append(path, step.Text);
                    string[] lines = (open + step.Text).Split('\n');
                    expected.AddRange(lines[..^1].Select(Bounded));
                    open = lines[^1];
                    break;
                case StepKind.Read:
                    Read();
                    break;
                case StepKind.Rename when !wasRenamed: // a second one between two readings is not seen
                    EndFile();
                    File.Move(path, path + ".1", overwrite: true);
                    Write("model.log", "");
                    wasRenamed = true;
                    break;
                case StepKind.Truncate: // seen only while the file is shorter than what was read
                    Read();
                    Write("model.log", "");
                    open = "";
                    Read();
                    break;
            }
        }
        Read();
        if (expected.Count != got.Count || !expected.SequenceEqual(got))
            Assert.Equal(expected, got);
    }

    private static string Bounded(string line)
    {
        if (line.Length > MaxLineBytes)
            return line[..MaxLineBytes] + "…";
        return line.EndsWith('\r') ? line[..^1] : line;
    }

    private static SourceRun Tail(string path) =>
        new(new TailOptions("app", Topic, SourceRun.Schedule(Topic), path, MaxLineBytes));

    private static string[] Lines(SourceRun run) =>
    [
        .. run.Sink.Take(LineTopic)
            .Select(json => JsonDocument.Parse(json).RootElement.GetProperty("line").GetString()!),
    ];

    private string Write(string name, string text)
    {
        string path = Path.Combine(_folder, name);
        File.WriteAllText(path, text);
        return path;
    }

    private static void Append(string path, string text) => File.AppendAllText(path, text);

    private enum StepKind
    {
        Append,
        Read,
        Rename,
        Truncate,
    }

    private sealed record Step(StepKind Kind, string Text);
}
