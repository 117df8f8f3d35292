using System.Globalization;
using System.Text;
using System.Text.Json;
using Longwire.Service.Sources.Configuration;

namespace Longwire.Service.Sources.Exec;

/// <summary>What a program prints, and how it ended.</summary>
/// <remarks>
/// Owner: a <see cref="SourceRunner"/>. Concurrency: one reading at a time. Bound: one program, which ends with its
/// whole process group at the reading's end; <see cref="ExecOptions.MaxBytes"/> of output; <see cref="MaxFields"/>.
/// </remarks>
internal sealed class ExecSource(ExecOptions options, TimeProvider time) : IAsyncStatusSource
{
    /// <summary>Different fields in the life of the service: the hub does not forget a topic.</summary>
    public const int MaxFields = 1024;

    private readonly HashSet<string> _fields = new(StringComparer.Ordinal);

    public string Name => options.Name;

    public async Task ReadAsync(StatusReport report, CancellationToken cancellation)
    {
        long started = time.GetTimestamp();
        ProgramResult result = await ProgramRun.RunAsync(
            ProgramCommand.Resolve(options), options.MaxBytes, cancellation).ConfigureAwait(false);
        TimeSpan took = time.GetElapsedTime(started);
        if (result.IsTooLong)
        {
            throw Failure(
                $"It printed more than {options.MaxBytes} bytes and was killed; raise maxBytes or print less.", result);
        }
        if (result.ExitCode != 0)
            throw Failure($"It ended with exit code {result.ExitCode}.", result);
        string text = Encoding.UTF8.GetString(result.Output.Span).TrimEnd('\n', '\r');
        report.Begin(options.Topic);
        report.Write("duration_ms", took.TotalMilliseconds, decimals: 0);
        report.CompareFromHere(); // it took longer: that is no news
        report.WriteText("state", "ok");
        report.Write("exit_code", result.ExitCode);
        switch (options.Format)
        {
            case ExecFormat.Text:
                report.WriteText("text", text);
                report.End();
                break;
            case ExecFormat.Json:
                WriteJson(report, text, result);
                break;
            default:
                report.End();
                WriteKeyValues(report, text, result);
                break;
        }
    }

    private void WriteJson(StatusReport report, string text, ProgramResult result)
    {
        JsonDocument document;
        try
        {
            document = JsonDocument.Parse(text);
        }
        catch (JsonException exception)
        {
            report.Abandon();
            throw Failure(
                $"It printed no JSON: line {exception.LineNumber + 1}, byte {exception.BytePositionInLine + 1}.",
                result);
        }
        using (document)
        {
            if (document.RootElement.ValueKind is not JsonValueKind.Object)
            {
                report.WriteJson("value", document.RootElement);
                report.End();
                return;
            }
            report.End();
            foreach (JsonProperty property in document.RootElement.EnumerateObject())
            {
                report.Begin(TopicOf(property.Name, result));
                report.WriteJson("value", property.Value);
                report.End();
            }
        }
    }

    private void WriteKeyValues(StatusReport report, string text, ProgramResult result)
    {
        int number = 0;
        foreach (string line in text.Split('\n').Select(line => line.Trim()))
        {
            number++;
            if (line.Length == 0 || line[0] == '#')
                continue;
            int sign = line.IndexOf('=');
            if (sign <= 0)
                throw Failure($"Line {number} of what it printed is no key=value.", result);
            report.Begin(TopicOf(line[..sign].TrimEnd(), result));
            WriteValue(report, line[(sign + 1)..].TrimStart());
            report.End();
        }
    }

    private static void WriteValue(StatusReport report, string value)
    {
        if (long.TryParse(value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out long whole))
            report.Write("value", whole);
        else if (double.TryParse(value, NumberStyles.Float, CultureInfo.InvariantCulture, out double number)
            && double.IsFinite(number))
        {
            report.Write("value", number, decimals: 6);
        }
        else
            report.WriteText("value", value);
    }

    private string TopicOf(string field, ProgramResult result)
    {
        string topic = $"{options.Topic}/{TopicLevel.FromName(field)}";
        if (TopicName.Check(topic) is { } problem)
            throw Failure($"A field's topic is none: {problem}", result);
        if (!_fields.Contains(field) && _fields.Count == MaxFields)
            throw Failure($"It printed more than {MaxFields} different fields since the start; print fewer.", result);
        _fields.Add(field);
        return topic;
    }

    private static SourceFailure Failure(string message, ProgramResult result) => new(message)
    {
        Details = report =>
        {
            report.Write("exit_code", result.ExitCode);
            if (result.ErrorEnd.Length > 0)
                report.WriteText("stderr", result.ErrorEnd);
        },
    };
}
