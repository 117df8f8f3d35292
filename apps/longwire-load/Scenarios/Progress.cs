using System.CommandLine;
using System.Globalization;

namespace Longwire.Load.Scenarios;

/// <summary>
/// How far a run is: one line that is rewritten on a terminal, a line every ten seconds in a file, on standard error so
/// that the result stays alone.
/// </summary>
/// <remarks>Owner: a run. Concurrency: one thread. Bound: a line a second.</remarks>
internal sealed class Progress(TextWriter writer, bool isTerminal)
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(10);

    private TimeSpan _next = s_interval;

    /// <summary>The progress of a command, on its standard error.</summary>
    internal static Progress Of(ParseResult arguments)
    {
        TextWriter error = arguments.InvocationConfiguration.Error;
        return new Progress(error, error == Console.Error && !Console.IsErrorRedirected);
    }

    internal void Show(TimeSpan elapsed, string text)
    {
        if (isTerminal)
        {
            writer.Write(string.Create(CultureInfo.InvariantCulture, $"\r{elapsed.TotalSeconds,6:0} s  {text}  "));
        }
        else if (elapsed >= _next)
        {
            _next = elapsed + s_interval;
            writer.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{elapsed.TotalSeconds,6:0} s  {text}"));
        }
    }

    /// <summary>A line that stays.</summary>
    internal void Say(string text)
    {
        if (isTerminal)
            writer.Write("\r\e[K");
        writer.WriteLine(text);
        _next = s_interval;
    }
}
