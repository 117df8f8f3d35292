namespace Longwire.Transport.Layers;

/// <summary>A stream over another that changes what is read; what is written goes below as it is.</summary>
internal abstract class PassThroughStream(Stream below) : Stream
{
    public sealed override bool CanRead => true;

    public sealed override bool CanWrite => true;

    public sealed override bool CanSeek => false;

    public sealed override long Length => throw new NotSupportedException();

    public sealed override long Position
    {
        get => throw new NotSupportedException();
        set => throw new NotSupportedException();
    }

    protected Stream Below => below;

    public abstract override ValueTask<int> ReadAsync(
        Memory<byte> buffer, CancellationToken cancellationToken = default);

    public sealed override Task<int> ReadAsync(
        byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        ReadAsync(buffer.AsMemory(offset, count), cancellationToken).AsTask();

    public sealed override int Read(byte[] buffer, int offset, int count) =>
        throw new NotSupportedException("A layer reads asynchronously: a loop does not wait.");

    public sealed override void Write(byte[] buffer, int offset, int count) => below.Write(buffer, offset, count);

    public sealed override ValueTask WriteAsync(
        ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default) =>
        below.WriteAsync(buffer, cancellationToken);

    public sealed override Task WriteAsync(
        byte[] buffer, int offset, int count, CancellationToken cancellationToken) =>
        below.WriteAsync(buffer, offset, count, cancellationToken);

    public sealed override void Flush() => below.Flush();

    public sealed override Task FlushAsync(CancellationToken cancellationToken) => below.FlushAsync(cancellationToken);

    public sealed override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

    public sealed override void SetLength(long value) => throw new NotSupportedException();
}
