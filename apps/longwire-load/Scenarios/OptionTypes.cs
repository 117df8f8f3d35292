using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;
using System.Net;
using Longwire.Transport;

namespace Longwire.Load.Scenarios;

/// <summary>Options with units and ranges; what is wrong is said with the option's name and the cure.</summary>
internal static class OptionTypes
{
    /// <summary>A number between two bounds.</summary>
    internal static Option<int> Count(string name, int usual, int least, string description, int most = int.MaxValue)
    {
        var option = new Option<int>(name) { Description = description, DefaultValueFactory = _ => usual };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count == 0 || !int.TryParse(result.Tokens[0].Value, out int value))
                return; // the default, or what the parser complains about itself
            if (value < least || value > most)
            {
                string bounds = most == int.MaxValue ? $"at least {least}" : $"between {least} and {most}";
                result.AddError($"{name} must be {bounds}, not {value}.");
            }
        });
        return option;
    }

    /// <summary>A positive number that need not be whole.</summary>
    internal static Option<double> Number(string name, double usual, string description)
    {
        var option = new Option<double>(name) { Description = description, DefaultValueFactory = _ => usual };
        option.Validators.Add(result =>
        {
            if (result.Tokens.Count > 0
                && double.TryParse(result.Tokens[0].Value, CultureInfo.InvariantCulture, out double value)
                && value is <= 0 or > 1_000_000)
            {
                result.AddError($"{name} must be above 0 and at most 1,000,000, not {value}.");
            }
        });
        return option;
    }

    /// <summary>A time such as 500ms, 90s, 5m or 2h.</summary>
    internal static Option<TimeSpan> Time(string name, TimeSpan usual, string description) => new(name)
    {
        Description = $"{description} (500ms, 90s, 5m, 2h)",
        CustomParser = result => ParseTime(result, name),
        DefaultValueFactory = _ => usual,
    };

    /// <summary>Numbers of connections: <c>1..250</c> by 1, 2, 5, 10, 20 …, or <c>300,1000,3000</c>.</summary>
    internal static Option<StepList?> Steps(string name, string description) => new(name)
    {
        Description = $"{description} (1..250 or 300,1000,3000)",
        CustomParser = result => ParseSteps(result, name),
    };

    /// <summary>An IP address with a port.</summary>
    internal static Option<IPEndPoint?> Address(string name, string description) => new(name)
    {
        Description = description,
        CustomParser = result =>
        {
            try
            {
                if (ListenAddress.Parse(result.Tokens[0].Value).EndPoint is IPEndPoint { Port: > 0 } ip)
                    return ip;
                result.AddError($"{name}: '{result.Tokens[0].Value}' is no IP address with a port (127.0.0.1:7300).");
            }
            catch (FormatException exception)
            {
                result.AddError($"{name}: {exception.Message}");
            }
            return null;
        },
    };

    private static TimeSpan ParseTime(ArgumentResult result, string name)
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
        result.AddError($"{name}: '{text}' is no time; write 500ms, 90s, 5m or 2h.");
        return default;
    }

    private static StepList? ParseSteps(ArgumentResult result, string name)
    {
        string text = result.Tokens[0].Value;
        int[] numbers = [.. text.Split("..", 2).SelectMany(static part => part.Split(',')).Select(
            static part => int.TryParse(part, NumberStyles.None, CultureInfo.InvariantCulture, out int n) ? n : 0)];
        bool isRange = text.Contains("..", StringComparison.Ordinal);
        if (numbers[0] > 0 && numbers.Zip(numbers.Skip(1)).All(static pair => pair.First < pair.Second)
            && (!isRange || numbers.Length == 2))
        {
            return new StepList(isRange ? RoundNumbers(numbers[0], numbers[1]) : numbers);
        }
        result.AddError($"{name}: '{text}' are no ascending numbers; write 1..250 or 300,1000,3000.");
        return null;
    }

    /// <summary>Both bounds, and of the numbers between those that are 1, 2 or 5 times a power of ten.</summary>
    internal static int[] RoundNumbers(int from, int to)
    {
        var numbers = new SortedSet<int> { from, to };
        for (long power = 1; power <= to; power *= 10)
        {
            foreach (long number in (long[])[power, 2 * power, 5 * power])
            {
                if (number > from && number < to)
                    numbers.Add((int)number);
            }
        }
        return [.. numbers];
    }
}

/// <summary>Ascending numbers of connections. (The parser makes an array that is absent an empty one.)</summary>
internal sealed record StepList(int[] Numbers);
