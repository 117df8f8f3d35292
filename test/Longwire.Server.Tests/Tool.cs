using System.Diagnostics;

namespace Longwire.ServerTests;

/// <summary>A program that a test talks to; the test skips where it is not installed.</summary>
internal sealed class Tool : IAsyncDisposable
{
    private static readonly string[] s_folders =
        [.. (Environment.GetEnvironmentVariable("PATH") ?? "").Split(Path.PathSeparator), "/usr/sbin"];

    private readonly Process _process;

    private Tool(Process process) => _process = process;

    /// <summary>The program's path; skips, or fails with LONGWIRE_REQUIRE_TOOLS=1, when it is missing.</summary>
    internal static string Find(string program)
    {
        string? found = s_folders.Select(folder => Path.Combine(folder, program)).FirstOrDefault(File.Exists);
        if (found is null && Environment.GetEnvironmentVariable("LONGWIRE_REQUIRE_TOOLS") == "1")
            Assert.Fail($"{program} is not installed, and LONGWIRE_REQUIRE_TOOLS=1 requires it.");
        Assert.SkipWhen(found is null, $"{program} is not installed.");
        return found;
    }

    /// <summary>Starts a program that runs until the test ends it.</summary>
    internal static Tool Start(string program, params string[] arguments) =>
        new(Process.Start(new ProcessStartInfo(Find(program), arguments))!);

    /// <summary>Feeds a program and returns what it printed when it has ended well.</summary>
    internal static async Task<byte[]> Run(string program, ReadOnlyMemory<byte> input, params string[] arguments)
    {
        var start = new ProcessStartInfo(Find(program), arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        };
        using Process process = Process.Start(start)!;
        var output = new MemoryStream();
        Task printed = process.StandardOutput.BaseStream.CopyToAsync(output);
        await process.StandardInput.BaseStream.WriteAsync(input);
        process.StandardInput.Close();
        await Wait.For(printed, $"the output of {program}");
        await Wait.For(process.WaitForExitAsync(), $"the end of {program}");
        Assert.Equal(0, process.ExitCode);
        return output.ToArray();
    }

    public async ValueTask DisposeAsync()
    {
        if (!_process.HasExited)
            _process.Kill();
        await Wait.For(_process.WaitForExitAsync(), "the end of a program");
        _process.Dispose();
    }
}
