using System.IO.Compression;
using Longwire.Transport.Layers;

namespace Longwire;

/// <summary>How an endpoint compresses what it sends, and whether its peers may compress, too.</summary>
public sealed record DeflateOptions
{
    /// <summary>The defaults.</summary>
    public static DeflateOptions Default { get; } = new();

    /// <summary>
    /// Frames of fewer bytes, their framing included, are sent as they are, with 5 bytes around them (RFC 1951 §3.2.4);
    /// so is what does not become smaller. Default: 64; 1 to 65,535. See the table in
    /// <c>docs/guides/compression.md</c>.
    /// </summary>
    public int MinBytes { get; init; } = 64;

    /// <summary>What compression may cost. Default: <see cref="CompressionLevel.Optimal"/>.</summary>
    public CompressionLevel Level { get; init; } = CompressionLevel.Optimal;

    /// <summary>
    /// Limits of what peers send compressed: all that they send is one raw deflate stream then. Default: null, they
    /// send plain bytes; inflating costs about 50 KB a connection.
    /// </summary>
    public InflateOptions? Inbound { get; init; }

    internal void Validate(string endpoint)
    {
        if (MinBytes is < 1 or > DeflateBlock.MostStored)
            throw new ArgumentException($"Endpoint {endpoint}: DeflateOptions.MinBytes must be 1 to 65535.");
        if (!Enum.IsDefined(Level))
            throw new ArgumentException($"Endpoint {endpoint}: DeflateOptions.Level must be a CompressionLevel.");
        if (Inbound is { MaxRatio: < 1 })
            throw new ArgumentException($"Endpoint {endpoint}: InflateOptions.MaxRatio must be at least 1.");
        if (Inbound is { MaxOutputBytes: < InflateOptions.FreeBytes })
            throw new ArgumentException($"Endpoint {endpoint}: InflateOptions.MaxOutputBytes must be at least 65536.");
    }
}
