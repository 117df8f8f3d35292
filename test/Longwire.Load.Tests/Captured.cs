namespace Longwire.Load.Tests;

/// <summary>A command in this process, and what it said.</summary>
internal static class Captured
{
    /// <summary>The exit code, and standard error and output together.</summary>
    internal static async Task<(int Code, string Said)> RunAsync(string[] arguments)
    {
        using var said = new StringWriter();
        int code = await CommandLine.RunAsync(arguments, said, said);
        return (code, said.ToString());
    }
}
