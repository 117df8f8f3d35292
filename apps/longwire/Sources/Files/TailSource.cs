using System.Text;
using Longwire.Service.Sources.Configuration;

namespace Longwire.Service.Sources.Files;

/// <summary>Each line that is appended to a file, on <c>TOPIC/line</c>; the file's state on <c>TOPIC</c>.</summary>
/// <remarks>
/// Owner: a <see cref="SourceRunner"/>. Concurrency: one reading at a time. Bound: <see cref="MaxLines"/> lines and
/// <see cref="FileTail.MaxBytesPerReading"/> bytes a reading; the rest comes with the next, or is skipped.
/// </remarks>
internal sealed class TailSource : IAsyncStatusSource
{
    /// <summary>Lines of one reading; one fewer than the topics of a report, the last of which is the state.</summary>
    public const int MaxLines = StatusReport.MaxTopics - 1;

    private readonly TailOptions _options;
    private readonly FileTail _tail;
    private readonly string _lineTopic;
    private long _lines;

    public TailSource(TailOptions options)
    {
        _options = options;
        _tail = new FileTail(options.Path, options.MaxLineBytes, MaxLines);
        _lineTopic = $"{options.Topic}/line";
    }

    public string Name => _options.Name;

    public Task ReadAsync(StatusReport report, CancellationToken cancellation)
    {
        try
        {
            _tail.Read((line, isCut) =>
            {
                _lines++;
                report.BeginEvent(_lineTopic);
                report.WriteText("line", Encoding.UTF8.GetString(line));
                if (isCut)
                    report.WriteFlag("cut", true);
                report.End();
            });
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            throw new SourceFailure(exception.Message, exception);
        }
        report.Begin(_options.Topic);
        report.WriteText("state", "ok");
        report.Write("lines", _lines);
        report.Write("rotations", _tail.Rotations);
        report.Write("skipped_bytes", _tail.SkippedBytes);
        report.End();
        return Task.CompletedTask;
    }
}
