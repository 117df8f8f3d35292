using System.IO.Compression;
using Longwire.Load.Compression;
using Longwire.Transport;

namespace Longwire.Load.Connections;

/// <summary>Deflate between the wire, or TLS, and the replies.</summary>
internal partial class LoadConnection
{
    private DeflateStream? _inflater;

    /// <summary>Takes what the wire, or TLS, brought.</summary>
    private void Receive(ReadOnlySpan<byte> bytes)
    {
        if (_owner.Inflation is { } inflation)
            Inflate(inflation, bytes);
        else
            Take(bytes);
    }

    private void Inflate(Inflation inflation, ReadOnlySpan<byte> bytes)
    {
        _inflater ??= inflation.NewInflater();
        inflation.Put(bytes);
        try
        {
            while (_inflater is { } inflater && inflation.Take(inflater) is { IsEmpty: false } plain)
                Take(plain);
        }
        catch (InvalidDataException exception)
        {
            _owner.NoteComplaint(exception.Message);
            End(Ending.Error, TransportError.Other);
        }
    }
}
