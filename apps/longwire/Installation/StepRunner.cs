using System.ComponentModel;
using System.Diagnostics;

namespace Longwire.Service.Installation;

/// <summary>Carries steps out, one after the other, and says what was done; the first that fails ends it.</summary>
internal static class StepRunner
{
    /// <summary>How long a program may take: systemctl waits until the service is ready, 90 s at most.</summary>
    private static readonly TimeSpan s_patience = TimeSpan.FromMinutes(2);

    /// <returns>Null, or what went wrong.</returns>
    public static async Task<string?> RunAsync(IEnumerable<InstallStep> steps, TextWriter output)
    {
        foreach (InstallStep step in steps)
        {
            string? problem = step switch
            {
                InstallStep.WriteUnit write => await WriteAsync(write, output),
                InstallStep.DeleteUnit delete => await DeleteAsync(delete, output),
                InstallStep.Run run => await RunAsync(run, output),
                _ => throw new ArgumentOutOfRangeException(nameof(steps)),
            };
            if (problem is not null)
                return problem;
        }
        return null;
    }

    /// <summary>What stands against the steps, before the first is taken: a unit not ours, or not there.</summary>
    public static string? Objection(IEnumerable<InstallStep> steps)
    {
        foreach (InstallStep step in steps)
        {
            (string? path, bool isNeeded) = step switch
            {
                InstallStep.WriteUnit write => (write.Path, false),
                InstallStep.DeleteUnit delete => (delete.Path, true),
                _ => ((string?)null, false),
            };
            if (path is null)
                continue;
            if (!File.Exists(path))
            {
                if (isNeeded)
                    return $"there is no {path}; nothing is installed";
            }
            else if (!SystemdUnit.IsOurs(File.ReadAllText(path)))
                return $"{path} was not written by longwire install; move it away first";
        }
        return null;
    }

    private static async Task<string?> WriteAsync(InstallStep.WriteUnit write, TextWriter output)
    {
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(write.Path)!);
            await File.WriteAllTextAsync(write.Path, write.Text);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return exception.Message;
        }
        await output.WriteLineAsync($"wrote {write.Path}");
        return null;
    }

    private static async Task<string?> DeleteAsync(InstallStep.DeleteUnit delete, TextWriter output)
    {
        try
        {
            File.Delete(delete.Path);
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return exception.Message;
        }
        await output.WriteLineAsync($"deleted {delete.Path}");
        return null;
    }

    private static async Task<string?> RunAsync(InstallStep.Run run, TextWriter output)
    {
        string command = StepText.OneLine(run);
        try
        {
            using Process process = Process.Start(new ProcessStartInfo(run.Program, run.Arguments)
            {
                RedirectStandardOutput = true,
                RedirectStandardError = true,
            })!;
            using var patience = new CancellationTokenSource(s_patience);
            Task<string> error = process.StandardError.ReadToEndAsync(patience.Token);
            string printed = await process.StandardOutput.ReadToEndAsync(patience.Token);
            printed = $"{printed}{await error}".Trim().ReplaceLineEndings(" ");
            await process.WaitForExitAsync(patience.Token);
            if (process.ExitCode != 0 && !run.MayFail)
                return $"'{command}' ended with {process.ExitCode}: {printed}";
            await output.WriteLineAsync($"ran {command}");
            return null;
        }
        catch (Win32Exception)
        {
            return $"there is no program {run.Program}; --dry-run prints what would be done";
        }
        catch (OperationCanceledException)
        {
            return $"'{command}' took longer than {s_patience.TotalMinutes} minutes";
        }
    }
}
