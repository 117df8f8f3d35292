using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Net;
using Longwire.Transport;

namespace Longwire.Load;

/// <summary>
/// What every scenario is told: where the server is, whose process it is, how many connect, where the result goes.
/// </summary>
internal sealed record Target(EndPoint Server, ServerProcess? Process, int Connections, string? Json);

/// <summary>The options of <see cref="Target"/> and the readers of option values.</summary>
internal static class TargetOptions
{
    private static readonly Option<EndPoint> s_server = new("--server")
    {
        Description = "the server's address",
        CustomParser = Address,
        DefaultValueFactory = static _ => ListenAddress.Parse("127.0.0.1:7300").EndPoint,
    };

    private static readonly Option<int> s_pid = new("--server-pid")
    {
        Description = "the server's process, to read its memory and CPU",
    };

    private static readonly Option<int> s_connections = Count("--connections", 1000, 1, "connections");

    private static readonly Option<string> s_json = new("--json") { Description = "a file for the result" };

    /// <summary>Makes a scenario's command: the common options, its own, and what it runs.</summary>
    internal static Command Scenario(
        string name, string description, Func<Target, ParseResult, CancellationToken, Task<int>> run,
        params Option[] own)
    {
        var command = new Command(name, description) { s_server, s_pid, s_connections, s_json };
        foreach (Option option in own)
            command.Add(option);
        command.SetAction((arguments, cancellation) => run(Read(arguments), arguments, cancellation));
        return command;
    }

    /// <summary>A number of at least <paramref name="least"/>.</summary>
    internal static Option<int> Count(string name, int usual, int least, string description)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => usual };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < least)
                result.AddError($"{name} must be at least {least}.");
        });
        return option;
    }

    /// <summary>A time such as 500ms, 90s, 5m or 2h.</summary>
    internal static Option<TimeSpan> Time(string name, TimeSpan usual, string description) => new(name)
    {
        Description = $"{description} (500ms, 90s, 5m, 2h)",
        CustomParser = Time,
        DefaultValueFactory = _ => usual,
    };

    private static Target Read(ParseResult arguments)
    {
        int pid = arguments.GetValue(s_pid);
        return new Target(
            arguments.GetRequiredValue(s_server), pid == 0 ? null : new ServerProcess(pid),
            arguments.GetValue(s_connections), arguments.GetValue(s_json));
    }

    private static TimeSpan Time(ArgumentResult result)
    {
        string text = result.Tokens[0].Value;
        foreach ((string unit, TimeSpan one) in ((string, TimeSpan)[])
        [
            ("ms", TimeSpan.FromMilliseconds(1)), ("s", TimeSpan.FromSeconds(1)),
            ("m", TimeSpan.FromMinutes(1)), ("h", TimeSpan.FromHours(1)),
        ])
        {
            if (text.EndsWith(unit, StringComparison.Ordinal)
                && double.TryParse(
                    text[..^unit.Length], NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double n))
            {
                return n * one;
            }
        }
        result.AddError($"'{text}' is no time; write 500ms, 90s, 5m or 2h.");
        return default;
    }

    private static EndPoint? Address(ArgumentResult result)
    {
        try
        {
            return ListenAddress.Parse(result.Tokens[0].Value).EndPoint;
        }
        catch (FormatException exception)
        {
            result.AddError(exception.Message);
            return null;
        }
    }
}
