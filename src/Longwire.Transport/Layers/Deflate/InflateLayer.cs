namespace Longwire.Transport.Layers;

/// <summary>Inflates what the peer sends: raw deflate (RFC 1951), one stream for the life of the connection.</summary>
/// <remarks>
/// What is written passes as it is: outbound frames are compressed when they are encoded. Bound: <see
/// cref="InflateOptions"/>; a peer that exceeds it is closed. Memory: about 50 KB a connection from its first byte on,
/// of which 40 are zlib's window and tables, outside the collected heap.
/// </remarks>
public sealed class InflateLayer : Layer
{
    private readonly InflateOptions _options;

    /// <summary>Creates the layer.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A limit is out of range.</exception>
    public InflateLayer(InflateOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxRatio, 1, nameof(options));
        ArgumentOutOfRangeException.ThrowIfLessThan(options.MaxOutputBytes, InflateOptions.FreeBytes, nameof(options));
        _options = options;
    }

    /// <inheritdoc/>
    public override string Name => "inflate";

    /// <inheritdoc/>
    public override ValueTask<Stream> OpenAsync(Stream below, LayerContext context) =>
        ValueTask.FromResult<Stream>(new InflateStream(below, _options));
}

/// <summary>How far the peer's bytes may expand: the guard against decompression bombs.</summary>
/// <remarks>
/// Whenever 16 KiB of compressed input are counted, both counts are halved, so that a long, harmless past earns no
/// credit. Memory is bounded without them – a loop takes 64 KiB a turn, and the codec has its limit –, what they bound
/// is work. For that, there is a limit below, too, of at least one inflated byte for 16 compressed ones: a turn takes
/// about 1 MiB of compressed bytes at most.
/// </remarks>
public sealed record InflateOptions
{
    /// <summary>Inflated bytes for which the ratio does not count: 64 KiB, as many as a loop takes a turn.</summary>
    public const int FreeBytes = 64 << 10;

    /// <summary>The defaults.</summary>
    public static InflateOptions Default { get; } = new();

    /// <summary>
    /// Most inflated bytes for each compressed one, beyond the first 64 KiB. Default: 100; deflate reaches 1,030.
    /// </summary>
    public int MaxRatio { get; init; } = 100;

    /// <summary>Most inflated bytes of 16 KiB of compressed input, at least 64 KiB. Default: 1 MiB.</summary>
    public int MaxOutputBytes { get; init; } = 1 << 20;
}
