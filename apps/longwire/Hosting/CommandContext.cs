using System.Collections;
using Spectre.Console;

namespace Longwire.Service.Hosting;

/// <summary>What a command has around it: where it writes, and the environment.</summary>
internal sealed record CommandContext(
    TextWriter Output, TextWriter Error, IReadOnlyDictionary<string, string> Environment)
{
    /// <summary>Standard output is a terminal, on which a picture can be drawn again in its place.</summary>
    public bool IsTerminal { get; } = Output == System.Console.Out && !System.Console.IsOutputRedirected;

    /// <summary>Where tables are drawn, with the colours that the terminal has.</summary>
    public IAnsiConsole Terminal => _terminal ??= AnsiConsole.Create(new AnsiConsoleSettings
    {
        Out = IsTerminal ? new AnsiConsoleOutput(Output) : new Plain(Output),
        Interactive = IsTerminal ? InteractionSupport.Detect : InteractionSupport.No,
    });

    private IAnsiConsole? _terminal;

    /// <summary>A variable's value, or null.</summary>
    public string? Variable(string name) => Environment.GetValueOrDefault(name);

    /// <summary>Says what is wrong, a line each, and returns the exit code.</summary>
    public async Task<int> FailAsync(int code, params string[] problems)
    {
        foreach (string problem in problems)
            await Error.WriteLineAsync($"longwire: {problem}");
        return code;
    }

    /// <summary>The variables of this process.</summary>
    public static Dictionary<string, string> OfTheProcess() => System.Environment.GetEnvironmentVariables()
        .Cast<DictionaryEntry>().ToDictionary(
            static variable => (string)variable.Key, static variable => (string?)variable.Value ?? "",
            OperatingSystem.IsWindows() ? StringComparer.OrdinalIgnoreCase : StringComparer.Ordinal);

    /// <summary>A file or a pipe: no colours, and no width at which a line would be broken.</summary>
    private sealed class Plain(TextWriter writer) : IAnsiConsoleOutput
    {
        public TextWriter Writer => writer;

        public bool IsTerminal => false;

        public int Width => 1000;

        public int Height => 1000;

        public void SetEncoding(System.Text.Encoding encoding)
        {
        }
    }
}
