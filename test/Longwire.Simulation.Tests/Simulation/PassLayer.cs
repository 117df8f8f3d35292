using System.Diagnostics;
using Longwire.Testing;
using Longwire.Transport.Layers;

namespace Longwire.Simulation;

/// <summary>
/// A layer that changes nothing, so that clients need none; its stream may leave the loop by the seed. Its handshake
/// waits for the client's first bytes up to three times, and hands them on: they are inside the layer when it opens.
/// </summary>
internal sealed class PassLayer(bool awaitsWithoutBuffer, double hops, SeededRandom random, SeededExecutor executor)
    : Layer
{
    private const int MaxEarlyBytes = 60;

    public override string Name => "pass";

    public override bool AwaitsWithoutBuffer => awaitsWithoutBuffer;

    public override async ValueTask<Stream> OpenAsync(Stream below, LayerContext context)
    {
        if (random.Chance(hops))
            await executor.Yield();
        byte[] early = new byte[MaxEarlyBytes];
        int count = 0;
        bool ended = false;
        for (int steps = random.Between(0, 3); steps > 0 && !ended; steps--)
        {
            int read = await below.ReadAsync(early.AsMemory(count, random.Between(1, MaxEarlyBytes / 3)));
            ended = read == 0;
            count += read;
        }
        return new PassStream(this, below, early.AsMemory(0, count), ended);
    }

    private sealed class PassStream(PassLayer layer, Stream below, Memory<byte> early, bool ended) : Stream
    {
        private Memory<byte> _held = early;
        private bool _ended = ended;

        public override bool CanRead => true;

        public override bool CanWrite => true;

        public override bool CanSeek => false;

        public override long Length => throw new NotSupportedException();

        public override long Position
        {
            get => throw new NotSupportedException();
            set => throw new NotSupportedException();
        }

        public override async ValueTask<int> ReadAsync(
            Memory<byte> buffer, CancellationToken cancellationToken = default)
        {
            if (!layer.AwaitsWithoutBuffer && _held.IsEmpty && !_ended)
            {
                await HopAsync();
                int count = await below.ReadAsync(buffer, cancellationToken);
                await HopAsync();
                return count;
            }
            if (_held.IsEmpty && !_ended)
            {
                await HopAsync();
                int none = await below.ReadAsync(Memory<byte>.Empty, cancellationToken);
                Debug.Assert(none == 0, "a read of nothing read something");
                byte[] held = new byte[layer.Size()];
                _held = held.AsMemory(0, await below.ReadAsync(held, cancellationToken));
                _ended = _held.IsEmpty;
                await HopAsync();
            }
            int taken = Math.Min(buffer.Length, _held.Length);
            _held[..taken].CopyTo(buffer);
            _held = _held[taken..];
            return taken;
        }

        public override async ValueTask WriteAsync(
            ReadOnlyMemory<byte> buffer, CancellationToken cancellationToken = default)
        {
            await HopAsync();
            await below.WriteAsync(buffer, cancellationToken);
            await HopAsync();
        }

        public override async Task FlushAsync(CancellationToken cancellationToken) => await HopAsync();

        public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();

        public override void Flush() => throw new NotSupportedException();

        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();

        public override void SetLength(long value) => throw new NotSupportedException();

        private async ValueTask HopAsync()
        {
            if (layer.Hops())
                await layer.Executor.Yield();
        }
    }

    private SeededExecutor Executor => executor;

    private bool Hops() => random.Chance(hops);

    private int Size() => random.Between(1, 2000);
}
