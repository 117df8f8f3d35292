using System.Runtime.InteropServices;

namespace Longwire.Service.Tests.Sources;

/// <summary>A named pipe that programs write to; its end says that none has it open any more.</summary>
internal sealed class Fifo : IAsyncDisposable
{
    private readonly Task<StreamReader> _reader;

    private Fifo(string path)
    {
        Path = path;
        // Opening waits for a writer.
        _reader = Task.Run(
            () => new StreamReader(new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite)));
    }

    public string Path { get; }

    public static Fifo Create(string path)
    {
        Assert.Equal(0, Make(path, 0x180)); // 0600
        return new Fifo(path);
    }

    /// <summary>The next line; null when no process holds it.</summary>
    public async Task<string?> ReadLineAsync()
    {
        StreamReader reader = await _reader.WaitAsync(LineClient.Deadline, TestContext.Current.CancellationToken);
        return await Task.Run(() => reader.ReadLine()).WaitAsync(
            LineClient.Deadline, TestContext.Current.CancellationToken);
    }

    public async ValueTask DisposeAsync()
    {
        if (!_reader.IsCompleted) // nobody came: be the writer whom it waits for
            await using (new FileStream(Path, FileMode.Open, FileAccess.Write, FileShare.ReadWrite))
                await _reader;
        (await _reader).Dispose();
    }

    [DllImport("libc", EntryPoint = "mkfifo")]
    private static extern int Make(string path, uint mode);
}
