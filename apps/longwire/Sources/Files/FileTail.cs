using Microsoft.Win32.SafeHandles;

namespace Longwire.Service.Sources.Files;

/// <summary>Takes a line, without its end; cut when it was longer than the bound.</summary>
internal delegate void LineReader(ReadOnlySpan<byte> line, bool isCut);

/// <summary>Follows a file by its name, from its end at the first look, through renames and truncations.</summary>
/// <remarks>
/// Owner: a <see cref="TailSource"/>. Concurrency: one reading at a time. Bound: one open file, one line,
/// <see cref="MaxBytesPerReading"/>; who is more than <see cref="MaxBacklogBytes"/> behind skips, and counts it.
/// <para>
/// A renamed file is read to its end before the new one is begun. Not seen: lines written to the old file later, a file
/// that came and went between two readings, and a truncation after which the file has grown beyond where we were.
/// </para>
/// </remarks>
internal sealed class FileTail(string path, int maxLineBytes, int maxLines)
{
    /// <summary>Most bytes of one reading.</summary>
    public const int MaxBytesPerReading = 256 << 10;

    /// <summary>Four readings.</summary>
    public const int MaxBacklogBytes = 1 << 20;

    private readonly byte[] _line = new byte[maxLineBytes];
    private readonly byte[] _chunk = new byte[16 << 10];
    private SafeFileHandle? _file;
    private FileIdentity _identity;
    private bool _wasLookedFor;
    private long _position;
    private int _lineLength;
    private bool _isCut;
    private bool _skipsToLine;

    /// <summary>How often another file had taken the name, or the file was truncated.</summary>
    public long Rotations { get; private set; }

    /// <summary>Bytes left out because they were too many.</summary>
    public long SkippedBytes { get; private set; }

    /// <summary>Reads what was appended since the last call.</summary>
    /// <exception cref="IOException">The file is not there, or cannot be read; lines read so far are taken.</exception>
    public void Read(LineReader read)
    {
        if (_file is null)
            Open();
        int bytes = 0;
        int lines = 0;
        bool wasRenamed = false;
        while (bytes < MaxBytesPerReading && lines < maxLines)
        {
            Catch(RandomAccess.GetLength(_file!));
            int got = RandomAccess.Read(_file!, _chunk, _position);
            if (got > 0)
            {
                int taken = Take(_chunk.AsSpan(0, got), read, ref lines);
                _position += taken;
                bytes += taken;
                continue;
            }
            FileIdentity? named = FileIdentity.TryOf(path);
            if (named == _identity)
                return;
            if (!wasRenamed)
            {
                // What was written between our end of file and the rename is still to come: look for the end again.
                wasRenamed = true;
                continue;
            }
            if (named is null)
                throw new FileNotFoundException($"{path} is not there any more.");
            Switch(read, ref lines);
            wasRenamed = false;
        }
    }

    private void Open()
    {
        // Appearing later, it is all new.
        bool fromEnd = !_wasLookedFor;
        _wasLookedFor = true;
        _file = File.OpenHandle(path, share: FileShare.ReadWrite | FileShare.Delete);
        _identity = FileIdentity.Of(_file, path);
        _position = fromEnd ? RandomAccess.GetLength(_file) : 0;
    }

    private void Switch(LineReader read, ref int lines)
    {
        if (_lineLength > 0)
            Emit(read, ref lines); // the last line of a file need not end
        SafeFileHandle old = _file!;
        Open(); // if it fails, the old one is still there
        old.Dispose();
        BeginLine();
        Rotations++;
    }

    /// <summary>Goes back after a truncation, and forward when too far behind.</summary>
    private void Catch(long length)
    {
        if (length < _position)
        {
            _position = 0;
            BeginLine();
            Rotations++;
        }
        if (length - _position <= MaxBacklogBytes)
            return;
        long to = length - MaxBytesPerReading - 1; // where a line ends, the next is whole
        SkippedBytes += to - _position + _lineLength;
        _position = to;
        BeginLine();
        _skipsToLine = true;
    }

    /// <summary>How many bytes were used: all, unless there were too many lines.</summary>
    private int Take(ReadOnlySpan<byte> bytes, LineReader read, ref int lines)
    {
        int taken = 0;
        while (taken < bytes.Length && lines < maxLines)
        {
            ReadOnlySpan<byte> rest = bytes[taken..];
            int end = rest.IndexOf((byte)'\n');
            int used = end < 0 ? rest.Length : end + 1;
            taken += used;
            if (_skipsToLine)
            {
                SkippedBytes += used;
                _skipsToLine = end < 0;
                continue;
            }
            Append(end < 0 ? rest : rest[..end]);
            if (end >= 0)
                Emit(read, ref lines);
        }
        return taken;
    }

    private void Append(ReadOnlySpan<byte> part)
    {
        int fits = Math.Min(part.Length, _line.Length - _lineLength);
        part[..fits].CopyTo(_line.AsSpan(_lineLength));
        _lineLength += fits;
        _isCut |= fits < part.Length;
    }

    private void Emit(LineReader read, ref int lines)
    {
        ReadOnlySpan<byte> line = _line.AsSpan(0, _lineLength);
        read(!_isCut && line is [.., (byte)'\r'] ? line[..^1] : line, _isCut);
        BeginLine();
        lines++;
    }

    private void BeginLine() => (_lineLength, _isCut, _skipsToLine) = (0, false, false);
}
