using System.Buffers.Binary;
using System.Net;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;

namespace Longwire.ServerTests;

/// <summary>A peer on a plain socket, reading lines or length-prefixed messages.</summary>
internal sealed class TestClient : IDisposable
{
    private readonly byte[] _buffer = new byte[64 << 10];
    private int _from;
    private int _to;

    private TestClient(Socket socket) => Socket = socket;

    internal Socket Socket { get; }

    internal static async Task<TestClient> Connect(string address, int receiveBuffer = 0, IPAddress? from = null)
    {
        var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true };
        if (receiveBuffer > 0)
            socket.ReceiveBufferSize = receiveBuffer;
        if (from is not null)
            socket.Bind(new IPEndPoint(from, 0));
        await Wait.For(socket.ConnectAsync(IPEndPoint.Parse(address["tcp://".Length..])), "the connect");
        return new TestClient(socket);
    }

    public void Dispose() => Socket.Dispose();

    internal void Send(string text) => Send(Encoding.UTF8.GetBytes(text));

    internal void Send(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[Socket.Send(bytes)..];
    }

    /// <summary>Sends a message with four bytes of length, big-endian.</summary>
    internal void SendPrefixed(string text)
    {
        byte[] frame = new byte[4 + Encoding.UTF8.GetByteCount(text)];
        BinaryPrimitives.WriteInt32BigEndian(frame, frame.Length - 4);
        Encoding.UTF8.GetBytes(text, frame.AsSpan(4));
        Send(frame);
    }

    internal void Finish() => Socket.Shutdown(SocketShutdown.Send);

    /// <summary>
    /// From now on the peer's kernel drops all that arrives here and acknowledges nothing: a filter that keeps zero
    /// bytes of each segment (socket(7), SO_ATTACH_FILTER; Linux).
    /// </summary>
    internal void GoDark()
    {
        const int SOL_SOCKET = 1;
        const int SO_ATTACH_FILTER = 26;
        const ushort BPF_RET_K = 6;
        byte[] keepNothing = new byte[8]; // struct sock_filter: code, two jumps, and the value to return: 0
        BinaryPrimitives.WriteUInt16LittleEndian(keepNothing, BPF_RET_K);
        var pinned = GCHandle.Alloc(keepNothing, GCHandleType.Pinned);
        byte[] program = new byte[16]; // struct sock_fprog: the number of instructions, and where they are
        BinaryPrimitives.WriteUInt16LittleEndian(program, 1);
        BinaryPrimitives.WriteInt64LittleEndian(program.AsSpan(8), pinned.AddrOfPinnedObject());
        Socket.SetRawSocketOption(SOL_SOCKET, SO_ATTACH_FILTER, program);
        pinned.Free();
    }

    internal void Reset()
    {
        Socket.LingerState = new LingerOption(true, 0);
        Socket.Dispose();
    }

    /// <summary>The next line without its terminator; null at the FIN.</summary>
    internal async Task<string?> ReadLine(string what = "a line")
    {
        var line = new MemoryStream();
        while (true)
        {
            int feed = _buffer.AsSpan(_from, _to - _from).IndexOf((byte)'\n');
            int take = feed < 0 ? _to - _from : feed;
            line.Write(_buffer, _from, take);
            _from += take + (feed < 0 ? 0 : 1);
            if (feed >= 0)
                return Encoding.UTF8.GetString(line.ToArray()).TrimEnd('\r');
            if (!await Fill(what))
            {
                Assert.Equal(0, line.Length);
                return null;
            }
        }
    }

    internal async Task<string[]> ReadLines(int count, string what = "lines")
    {
        string[] lines = new string[count];
        for (int i = 0; i < count; i++)
            lines[i] = await ReadLine($"{what} ({i} of {count} have come)") ?? throw new EndOfStreamException(what);
        return lines;
    }

    /// <summary>All lines up to one that is <paramref name="last"/>.</summary>
    internal async Task<List<string>> ReadLinesTo(string last)
    {
        var lines = new List<string>();
        while (true)
        {
            string line = await ReadLine($"the line {last}") ?? throw new EndOfStreamException(last);
            if (line == last)
                return lines;
            lines.Add(line);
        }
    }

    internal async Task<string> ReadPrefixed(string what = "a message")
    {
        byte[] header = await ReadExactly(4, what);
        return Encoding.UTF8.GetString(await ReadExactly(BinaryPrimitives.ReadInt32BigEndian(header), what));
    }

    internal async Task<byte[]> ReadExactly(int count, string what = "bytes")
    {
        byte[] bytes = new byte[count];
        for (int have = 0; have < count;)
        {
            if (_from == _to && !await Fill(what))
                throw new EndOfStreamException($"{what}: {have} of {count} bytes");
            int take = Math.Min(count - have, _to - _from);
            _buffer.AsSpan(_from, take).CopyTo(bytes.AsSpan(have));
            _from += take;
            have += take;
        }
        return bytes;
    }

    /// <summary>Reads up to the FIN and returns what came before it.</summary>
    internal async Task<string> ReadToEnd()
    {
        var text = new StringBuilder();
        do
        {
            text.Append(Encoding.UTF8.GetString(_buffer, _from, _to - _from));
            _from = _to;
        }
        while (await Fill("the FIN"));
        return text.ToString();
    }

    /// <summary>Reads up to the reset; what came before it is thrown away.</summary>
    internal async Task ExpectReset()
    {
        try
        {
            do
                _from = _to;
            while (await Fill("the reset"));
        }
        catch (SocketException exception)
        {
            Assert.Equal(SocketError.ConnectionReset, exception.SocketErrorCode);
            return;
        }
        Assert.Fail("The connection ended with a FIN instead of a reset.");
    }

    /// <summary>Writes until nothing has been taken for a quarter of a second, and returns how much was.</summary>
    internal async Task<long> SendUntilBlocked(ReadOnlyMemory<byte> chunk, long most)
    {
        long sent = 0;
        Socket.Blocking = false;
        long last = TimeProvider.System.GetTimestamp();
        using var timer = new PeriodicTimer(TimeSpan.FromMilliseconds(5));
        while (sent < most && TimeProvider.System.GetElapsedTime(last) < TimeSpan.FromMilliseconds(250))
        {
            int count = Socket.Send(chunk.Span, SocketFlags.None, out SocketError error);
            if (error == SocketError.WouldBlock)
            {
                await timer.WaitForNextTickAsync(TestContext.Current.CancellationToken);
                continue;
            }
            Assert.Equal(SocketError.Success, error);
            if (count > 0)
                last = TimeProvider.System.GetTimestamp();
            sent += count;
            if (count < chunk.Length)
                chunk = Rotate(chunk, count);
        }
        Socket.Blocking = true;
        return sent;
    }

    // The chunks are one endless stream: the next send goes on where this one stopped.
    private static ReadOnlyMemory<byte> Rotate(ReadOnlyMemory<byte> chunk, int by) =>
        (byte[])[.. chunk.Span[by..], .. chunk.Span[..by]];

    private async Task<bool> Fill(string what)
    {
        _from = 0;
        _to = 0;
        _to = await Wait.For(Socket.ReceiveAsync(_buffer, SocketFlags.None), what);
        return _to > 0;
    }
}
