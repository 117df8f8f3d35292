using System.ComponentModel;
using System.Diagnostics;
using System.Text;

namespace Longwire.Service.Sources.Exec;

/// <summary>Runs a program to its end, or ends it, with everything that it started.</summary>
/// <remarks>
/// Owner: one reading. Concurrency: its tasks. Bound: the output that is kept, <see cref="MaxErrorBytes"/> of standard
/// error; more of either is read and thrown away, so that the program never waits for us.
/// </remarks>
internal sealed class ProgramRun
{
    /// <summary>The end of standard error that is kept.</summary>
    public const int MaxErrorBytes = 512;

    private const int ChunkBytes = 4096;

    private readonly Process _process;
    private readonly bool _leadsGroup;
    private readonly int _maxBytes;
    private readonly MemoryStream _output = new();
    private bool _isTooLong;
    private int _isGroupKilled;

    private ProgramRun(Process process, bool leadsGroup, int maxBytes)
    {
        _process = process;
        _leadsGroup = leadsGroup;
        _maxBytes = maxBytes;
    }

    /// <exception cref="SourceFailure">It could not be started.</exception>
    /// <exception cref="OperationCanceledException">It was cancelled, and the program is dead.</exception>
    public static async Task<ProgramResult> RunAsync(
        ProgramCommand command, int maxBytes, CancellationToken cancellation)
    {
        using Process process = Start(command);
        var run = new ProgramRun(process, command.LeadsGroup, maxBytes);
        await using CancellationTokenRegistration killing = cancellation.Register(run.Kill);
        process.StandardInput.Close();
        Task output = run.ReadOutputAsync(process.StandardOutput.BaseStream);
        Task<string> error = ReadEndAsync(process.StandardError.BaseStream);
        await process.WaitForExitAsync(CancellationToken.None).ConfigureAwait(false);
        // The program has ended when its first process has: what is left of its group would hold the pipes open.
        run.KillGroup();
        try
        {
            // One that left the group may hold the pipes all the same.
            await Task.WhenAll(output, error).WaitAsync(cancellation).ConfigureAwait(false);
        }
        finally
        {
            await process.StandardOutput.BaseStream.DisposeAsync().ConfigureAwait(false);
            await process.StandardError.BaseStream.DisposeAsync().ConfigureAwait(false);
        }
        cancellation.ThrowIfCancellationRequested();
        return new ProgramResult(
            process.ExitCode, run._output.GetBuffer().AsMemory(0, (int)run._output.Length), run._isTooLong,
            await error.ConfigureAwait(false));
    }

    private static Process Start(ProgramCommand command)
    {
        var start = new ProcessStartInfo(command.Program, command.Arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            CreateNoWindow = true,
            WorkingDirectory = Path.GetPathRoot(Environment.SystemDirectory) is { Length: > 0 } root ? root : "/",
        };
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception exception)
        {
            throw new SourceFailure($"{command.Program} could not be started: {exception.Message}", exception);
        }
    }

    private async Task ReadOutputAsync(Stream stream)
    {
        byte[] chunk = new byte[ChunkBytes];
        for (int read; (read = await stream.ReadAsync(chunk).ConfigureAwait(false)) > 0;)
        {
            if (_output.Length + read <= _maxBytes)
            {
                _output.Write(chunk, 0, read);
                continue;
            }
            if (!_isTooLong)
            {
                _isTooLong = true;
                Kill();
            }
        }
    }

    private static async Task<string> ReadEndAsync(Stream stream)
    {
        byte[] kept = new byte[MaxErrorBytes + ChunkBytes];
        int length = 0;
        for (int read; (read = await stream.ReadAsync(kept.AsMemory(length)).ConfigureAwait(false)) > 0;)
        {
            length += read;
            int over = Math.Max(0, length - MaxErrorBytes);
            kept.AsSpan(over, length - over).CopyTo(kept);
            length -= over;
        }
        // Cut within a character, it would begin with the character's rest.
        int start = 0;
        while (start < Math.Min(4, length) && (kept[start] & 0xC0) == 0x80)
            start++;
        return Encoding.UTF8.GetString(kept.AsSpan(start, length - start)).Trim();
    }

    /// <summary>Everything that descends from the program, and everything in its group. Any thread.</summary>
    private void Kill()
    {
        try
        {
            _process.Kill(entireProcessTree: true);
        }
        catch (Exception exception)
            when (exception is InvalidOperationException or Win32Exception or AggregateException)
        {
            Debug.WriteLine(exception.Message); // it has ended, or a child of it has: what was wanted
        }
        KillGroup();
    }

    /// <summary>Once: when the group is gone and its leader was waited for, the number may be another's.</summary>
    private void KillGroup()
    {
        if (!_leadsGroup || Interlocked.Exchange(ref _isGroupKilled, 1) != 0)
            return;
        if (_process.HasExited) // and so it was waited for, whoever is told of it first
            ProcessGroup.KillRest(_process.Id);
        else
            ProcessGroup.Kill(_process.Id);
    }
}
