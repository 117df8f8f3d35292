using System.Diagnostics;

namespace Longwire.ServerTests;

/// <summary>A program that a test talks to; the test skips where it is not installed.</summary>
internal sealed class Tool : IAsyncDisposable
{
    private static readonly string[] s_folders =
        [.. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator), "/usr/sbin"];

    private readonly Process _process;

    private Tool(Process process) => _process = process;

    internal bool HasExited => _process.HasExited;

    internal static string? Locate(string program) => Path.IsPathRooted(program)
        ? program
        : s_folders.Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);

    /// <summary>The program's path; skips, or fails with LONGWIRE_REQUIRE_TOOLS=1, when it is missing.</summary>
    internal static string Find(string program)
    {
        string? found = Locate(program);
        if (found is null && Environment.GetEnvironmentVariable("LONGWIRE_REQUIRE_TOOLS") == "1")
            Assert.Fail($"{program} is not installed, and LONGWIRE_REQUIRE_TOOLS=1 requires it.");
        Assert.SkipWhen(found is null, $"{program} is not installed.");
        return found;
    }

    /// <summary>Starts a program that runs until the test ends it.</summary>
    internal static Tool Start(string program, params string[] arguments) => Start(program, [], arguments);

    internal static Tool Start(string program, Dictionary<string, string> environment, params string[] arguments) =>
        new(Process.Start(StartInfo(program, environment, arguments))!);

    /// <summary>Feeds a program and returns what it printed when it has ended well.</summary>
    internal static async Task<byte[]> Run(string program, ReadOnlyMemory<byte> input, params string[] arguments)
    {
        using Process process = Process.Start(StartInfo(program, [], arguments))!;
        var output = new MemoryStream();
        Task printed = process.StandardOutput.BaseStream.CopyToAsync(output);
        await process.StandardInput.BaseStream.WriteAsync(input);
        process.StandardInput.Close();
        await Wait.For(printed, $"the output of {program}");
        await Wait.For(process.WaitForExitAsync(), $"the end of {program}");
        Assert.Equal(0, process.ExitCode);
        return output.ToArray();
    }

    /// <summary>Runs a program to its end.</summary>
    internal static async Task<int> ExitCode(
        string program, Dictionary<string, string> environment, params string[] arguments)
    {
        await using Tool tool = Start(program, environment, arguments);
        await tool.ReadToEnd();
        await Wait.For(tool._process.WaitForExitAsync(), $"the end of {program}");
        return tool._process.ExitCode;
    }

    /// <summary>The next line of its output.</summary>
    internal async Task<string> ReadLine(string what) =>
        await Wait.For(_process.StandardOutput.ReadLineAsync(), what)
        ?? throw new EndOfStreamException($"The program ended before {what}.");

    /// <summary>The next line of its output that contains a text.</summary>
    internal async Task<string> ReadLineWith(string text)
    {
        while (true)
        {
            string line = await ReadLine($"a line with '{text}'");
            if (line.Contains(text, StringComparison.Ordinal))
                return line;
        }
    }

    internal Task<string> ReadToEnd() => Wait.For(_process.StandardOutput.ReadToEndAsync(), "a program's output");

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await Wait.For(_process.WaitForExitAsync(), "the end of a program");
        _process.Dispose();
    }

    private static ProcessStartInfo StartInfo(
        string program, Dictionary<string, string> environment, string[] arguments)
    {
        var start = new ProcessStartInfo(Find(program), arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        foreach ((string name, string value) in environment)
            start.Environment[name] = value;
        return start;
    }
}
