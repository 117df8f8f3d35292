namespace Longwire.Service.Sources.Proc;

/// <summary>A small kernel file that is read again and again into one buffer.</summary>
/// <remarks>
/// Owner: a source. Concurrency: the publisher's reader. Bound: <see cref="MaxBytes"/>; beyond it, an error.
/// </remarks>
internal sealed class ProcFile(string path)
{
    /// <summary>A mount table of 10,000 lines fits; anything larger is not the file that was meant.</summary>
    public const int MaxBytes = 1 << 20;

    private byte[] _buffer = new byte[4096];

    /// <summary>The whole text; valid until the next read.</summary>
    public ReadOnlySpan<byte> Read()
    {
        // Opened every time: an open descriptor would show the network namespace, or the cgroup, of the past.
        using var handle = File.OpenHandle(path);
        int length = 0;
        while (true)
        {
            int read = RandomAccess.Read(handle, _buffer.AsSpan(length), length);
            if (read == 0)
                return _buffer.AsSpan(0, length);
            length += read;
            if (length < _buffer.Length)
                continue;
            if (length == MaxBytes)
                throw new InvalidDataException($"{path} is larger than {MaxBytes} bytes.");
            Array.Resize(ref _buffer, Math.Min(2 * length, MaxBytes));
        }
    }

    /// <summary>The same for a file that not every kernel or container has.</summary>
    public bool TryRead(out ReadOnlySpan<byte> text)
    {
        text = default;
        if (!File.Exists(path))
            return false;
        try
        {
            text = Read();
            return true;
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return false; // Gone since, or hidden from this user: not here, which the caller reports as absent.
        }
    }
}
