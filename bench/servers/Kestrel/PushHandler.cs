using System.Buffers;
using System.IO.Pipelines;
using Microsoft.AspNetCore.Connections;

namespace PushLab;

/// <summary>The reading side: runs of frames out of the pipe.</summary>
internal sealed class PushHandler(Subscribers subscribers) : ConnectionHandler
{
    public override async Task OnConnectedAsync(ConnectionContext connection)
    {
        var peer = new Connection(connection, subscribers);
        try
        {
            await ReadAsync(connection.Transport.Input, peer);
        }
        catch (Exception gone) when (gone is IOException or OperationCanceledException)
        {
            connection.Abort();
        }
        finally
        {
            await peer.EndAsync();
        }
    }

    private static async Task ReadAsync(PipeReader input, Connection peer)
    {
        while (true)
        {
            ReadResult read = await input.ReadAsync();
            ReadOnlySequence<byte> bytes = read.Buffer;
            if (!Handle(ref bytes, peer) || read.IsCompleted)
                return;
            input.AdvanceTo(bytes.Start, bytes.End);
        }
    }

    /// <summary>Handles what is complete and leaves the rest; false if the connection has to end.</summary>
    private static bool Handle(ref ReadOnlySequence<byte> bytes, Connection peer)
    {
        while (true)
        {
            FrameKind kind = ReadRun(bytes, out long size);
            if (kind == FrameKind.Incomplete)
                return true;
            if (kind == FrameKind.Malformed)
                return false;
            peer.Handle(kind, bytes.Slice(0, size));
            bytes = bytes.Slice(size);
        }
    }

    private static FrameKind ReadRun(ReadOnlySequence<byte> bytes, out long size)
    {
        FrameKind kind = Read(bytes, out int first);
        size = first;
        if (kind is FrameKind.Incomplete or FrameKind.Malformed)
            return kind;
        while (Read(bytes.Slice(size), out int next) == kind)
            size += next;
        return kind;
    }

    private static FrameKind Read(ReadOnlySequence<byte> bytes, out int size)
    {
        const int StartBytes = Frames.HeaderBytes + 1;
        ReadOnlySpan<byte> first = bytes.FirstSpan;
        if (first.Length >= StartBytes || bytes.IsSingleSegment)
            return Frames.Read(first, bytes.Length, out size);
        Span<byte> start = stackalloc byte[StartBytes];
        ReadOnlySequence<byte> head = bytes.Slice(0, Math.Min(bytes.Length, StartBytes));
        head.CopyTo(start);
        return Frames.Read(start, bytes.Length, out size);
    }
}
