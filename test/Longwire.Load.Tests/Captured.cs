using Longwire.Load.Results;

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

    /// <summary>The same, and the result if there is one.</summary>
    internal static async Task<(int Code, LoadResult? Result, string Said)> MeasureAsync(string[] arguments)
    {
        string file = Path.GetTempFileName();
        try
        {
            (int code, string said) = await RunAsync([.. arguments, "--json", file]);
            return (code, new FileInfo(file).Length > 0 ? ResultFile.Read(file) : null, said);
        }
        finally
        {
            File.Delete(file);
        }
    }
}
