using Longwire.Primitives;

namespace Longwire.Transport.Tests;

/// <summary>What a test's connection does with its input.</summary>
internal enum Appetite
{
    Collect,
    Echo,
    Pause,
}

/// <summary>
/// The smallest honest user of a wire: reads a budget a turn, keeps segments until their write has ended.
/// </summary>
internal sealed class TestConnection(Loop loop, SlabPool pool, Wire wire) : IWireHandler
{
    private readonly Queue<Frame> _outbox = new();
    private readonly Segment[] _segments = new Segment[64];
    private readonly MemoryStream _input = new();
    private int _headOffset;
    private volatile Appetite _appetite;
    private long _readyCalls;
    private long _echoed;

    internal Wire Wire => wire;

    internal Appetite Appetite
    {
        get => _appetite;
        set => _appetite = value;
    }

    internal int ReadBytes { get; init; } = Loop.TurnBytes;

    internal Action<TestConnection>? OnTurn { get; set; }

    internal Action<TestConnection>? AfterTurn { get; set; }

    internal Action<TestConnection>? OnEnd { get; set; }

    internal long ReadyCalls => Volatile.Read(ref _readyCalls);

    internal long Echoed => Volatile.Read(ref _echoed);

    internal volatile bool Ended;
    internal volatile int Completions;
    internal volatile int Pendings;
    internal volatile TransportError Error;

    internal bool HasOutput => _outbox.Count > 0;

    internal byte[] Input
    {
        get
        {
            lock (_input)
                return _input.ToArray();
        }
    }

    public void OnReady()
    {
        Volatile.Write(ref _readyCalls, _readyCalls + 1);
        OnTurn?.Invoke(this);
        if (wire.TakeCompleted(out IoResult completed))
        {
            Completions++;
            Account(completed);
        }
        if (wire.IsClosed)
        {
            ReleaseUnlessPending();
            return;
        }
        if (wire.IsReadable && _appetite != Appetite.Pause)
            ReadTurn();
        Flush();
        AfterTurn?.Invoke(this);
    }

    /// <summary>On the loop: queues a copy, and flushes unless told to gather.</summary>
    internal void Send(ReadOnlySpan<byte> bytes, bool flush = true)
    {
        Assert.True(pool.TryRentFrame(bytes.Length, out Frame? frame), "the pool refused a frame");
        bytes.CopyTo(frame.Span);
        _outbox.Enqueue(frame);
        if (flush)
            Flush();
    }

    internal void Flush()
    {
        while (_outbox.Count > 0 && wire is { IsWritable: true, HasPendingWrite: false, IsClosed: false })
        {
            int count = 0;
            foreach (Frame frame in _outbox)
            {
                if (count == _segments.Length)
                    break;
                _segments[count] = new Segment(frame, count == 0 ? _headOffset : 0);
                count++;
            }
            IoResult result = wire.Write(_segments.AsSpan(0, count));
            if (result.Status == IoStatus.Pending)
                Pendings++;
            else
                Account(result);
        }
    }

    internal void Resume()
    {
        _appetite = Appetite.Collect;
        loop.MarkReady(wire);
    }

    internal void Close(CloseMode mode)
    {
        wire.Close(mode);
        ReleaseUnlessPending();
    }

    private void ReadTurn()
    {
        int budget = Loop.TurnBytes;
        while (budget > 0 && wire.IsReadable && _appetite != Appetite.Pause)
        {
            Span<byte> buffer = loop.ReceiveBuffer[..Math.Min(budget, ReadBytes)];
            IoResult result = wire.Read(buffer);
            budget = ReadBytes < Loop.TurnBytes ? 0 : budget - result.Bytes;
            if (result.Status == IoStatus.Done)
                Take(buffer[..result.Bytes]);
            else if (result.Status == IoStatus.EndOfStream)
                End();
            else if (result.Status == IoStatus.Failed)
                Fail(result.Error);
        }
        if (wire.IsReadable && _appetite != Appetite.Pause)
            loop.MarkReady(wire);
    }

    private void Take(ReadOnlySpan<byte> bytes)
    {
        if (_appetite == Appetite.Echo)
        {
            Send(bytes);
            Volatile.Write(ref _echoed, _echoed + bytes.Length);
            return;
        }
        lock (_input)
            _input.Write(bytes);
    }

    private void End()
    {
        Ended = true;
        OnEnd?.Invoke(this);
    }

    private void Fail(TransportError error)
    {
        Error = error;
        Close(CloseMode.Abort);
    }

    private void Account(IoResult result)
    {
        if (result.Status == IoStatus.Failed)
        {
            if (!wire.IsClosed)
                Fail(result.Error);
            return;
        }
        int bytes = result.Bytes;
        while (bytes > 0)
        {
            Frame head = _outbox.Peek();
            int left = head.Length - _headOffset;
            if (bytes < left)
            {
                _headOffset += bytes;
                return;
            }
            bytes -= left;
            _headOffset = 0;
            _outbox.Dequeue().Release();
        }
    }

    private void ReleaseUnlessPending()
    {
        if (wire.HasPendingWrite)
            return;
        while (_outbox.TryDequeue(out Frame? frame))
            frame.Release();
    }
}
