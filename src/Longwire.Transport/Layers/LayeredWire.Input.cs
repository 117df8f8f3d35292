#pragma warning disable CA2012 // each task is kept in a field and its result taken exactly once
using System.Runtime.CompilerServices;
using System.Security.Authentication;
using System.Security.Cryptography;
using Longwire.Primitives;

namespace Longwire.Transport.Layers;

// The way in: what the topmost layer gives.
public sealed partial class LayeredWire
{
    private const int WaitingReadBytes = 4 << 10;

    private readonly Action _onRead;
    private ValueTask<int> _read; // the look for input: of zero bytes, or into _readLease
    private bool _isReading;
    private Lease? _readLease;
    private int _readFrom;
    private int _readTo;

    /// <inheritdoc/>
    public override IoResult Read(Span<byte> buffer)
    {
        if (IsClosed)
            return IoResult.Failure(TransportError.Closed);
        IsReadable = false;
        if (_broken != TransportError.None)
            return IoResult.Failure(_broken); // the socket tells a reset once, and then only "the end"
        try
        {
            IoResult result = Layers[^1].AwaitsWithoutBuffer ? ReadAfterLook(buffer) : ReadFromLease(buffer);
            if (result.Status == IoStatus.Failed)
                return result;
            if (result.Status == IoStatus.EndOfStream)
                ReturnReadLease();
            return result;
        }
        catch (Exception exception)
        {
            Break(exception);
            return IoResult.Failure(_broken);
        }
    }

    /// <summary>On the loop: reads the socket, for the layers; zero bytes only ask whether there are any.</summary>
    internal IoResult ReadSocket(Span<byte> buffer)
    {
        if (IsClosed || _sawEnd)
            return IoResult.Of(IoStatus.EndOfStream);
        if (!_inner.IsReadable)
            return IoResult.Of(IoStatus.WouldBlock);
        if (buffer.IsEmpty)
            return IoResult.Moved(0);
        IoResult result = _inner.Read(buffer);
        if (result.Status == IoStatus.EndOfStream)
            _sawEnd = true;
        else if (result.Status == IoStatus.Failed)
            _broken = result.Error;
        return result;
    }

    /// <summary>
    /// A read of zero bytes waits; when it has ended there is something to decrypt, straight into the loop's buffer.
    /// </summary>
    private IoResult ReadAfterLook(Span<byte> buffer)
    {
        if (!TryLook())
            return IoResult.Of(IoStatus.WouldBlock);
        Memory<byte> memory = Loop!.ReceiveMemory;
        memory = memory[..Math.Min(buffer.Length, memory.Length)];
        ValueTask<int> read = Top.ReadAsync(memory);
        if (!read.IsCompleted)
        {
            throw new InvalidOperationException(
                $"Layer {Layers[^1].Name} says that it awaits without a buffer, but its read of zero bytes did not.");
        }
        int count = read.GetAwaiter().GetResult();
        if (count == 0)
            return IoResult.Of(IoStatus.EndOfStream);
        ReadOnlySpan<byte> bytes = memory.Span[..count];
        if (!Unsafe.AreSame(in bytes[0], in buffer[0]))
            bytes.CopyTo(buffer);
        IsReadable = LookAgain();
        return IoResult.Moved(count);
    }

    private IoResult ReadFromLease(Span<byte> buffer)
    {
        if (_readFrom == _readTo)
        {
            if (!TryLook())
                return IoResult.Of(IoStatus.WouldBlock);
            if (_readTo == 0)
                return IoResult.Of(IoStatus.EndOfStream);
        }
        int count = Math.Min(buffer.Length, _readTo - _readFrom);
        _readLease!.Span.Slice(_readFrom, count).CopyTo(buffer);
        _readFrom += count;
        IsReadable = true; // more of it, or a further look
        return IoResult.Moved(count);
    }

    /// <summary>Looks for more at once: it may be inside a layer, and then nothing else would tell.</summary>
    private bool LookAgain()
    {
        if (_isReading)
            return false;
        try
        {
            BeginLook();
        }
        catch (Exception exception)
        {
            _read = ValueTask.FromException<int>(exception); // what was read before it comes first
            _isReading = true;
        }
        return _read.IsCompleted;
    }

    /// <summary>True when a look has ended; it is taken.</summary>
    private bool TryLook()
    {
        if (!_isReading)
            BeginLook();
        if (!_read.IsCompleted)
            return false;
        _isReading = false;
        _readFrom = 0;
        _readTo = _read.GetAwaiter().GetResult();
        return true;
    }

    private void BeginLook()
    {
        Memory<byte> memory = default;
        if (!Layers[^1].AwaitsWithoutBuffer)
        {
            if (_readLease is null && !Loop!.Pool.TryRent(WaitingReadBytes, LeaseOwner.Layer, out _readLease))
                throw new WireException(TransportError.OutOfMemory);
            memory = _readLease.Memory;
        }
        _read = Top.ReadAsync(memory);
        _isReading = true;
        if (!_read.IsCompleted)
            _read.ConfigureAwait(false).GetAwaiter().UnsafeOnCompleted(_onRead);
    }

    /// <summary>Where the topmost layer completes: on the loop as a rule, inside <see cref="Advance"/>.</summary>
    private void OnRead()
    {
        if (!Loop!.IsCurrent)
            PostWork();
        else if (!_inTurn)
            OnReadEnded();
    }

    private void OnReadEnded()
    {
        if (IsClosed)
        {
            _isReading = false;
            _ = _read.AsTask().Exception; // it ended because we closed
            ReturnReadLease();
            return;
        }
        if (IsReadable)
            return;
        IsReadable = true;
        Tell();
    }

    private void ReturnReadLease()
    {
        if (_isReading)
            return;
        _readLease?.Return();
        _readLease = null;
        _readFrom = _readTo = 0;
    }

    /// <summary>Notes what failed; the first cause wins.</summary>
    private void Break(Exception exception)
    {
        if (_broken != TransportError.None)
            return;
        _broken = exception switch
        {
            WireException { Error: var error } => error,
            _ when IsClosed => TransportError.Closed,
            not (IOException or InvalidDataException or AuthenticationException or CryptographicException)
                => TransportError.LayerFailed,
            _ when _sawEnd => TransportError.Truncated,
            _ => TransportError.Corrupted,
        };
        if (_broken == TransportError.LayerFailed)
            Loop!.Tenant?.OnFault(exception, this);
    }
}
