using System.Buffers.Binary;
using System.Net.Sockets;
using System.Text;
using Longwire.Samples.Devices;
using Longwire.ServerTests;
using Longwire.Transport;

namespace Longwire.Samples.Tests.Devices;

/// <summary>A device on a plain socket, written without the sample's codec.</summary>
internal sealed class RawDevice : IDisposable
{
    private readonly Socket _socket = new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);

    internal static async Task<RawDevice> Dial(string address)
    {
        var device = new RawDevice();
        await Wait.For(device._socket.ConnectAsync(ListenAddress.Parse(address).EndPoint), "the connect");
        return device;
    }

    public void Dispose() => _socket.Dispose();

    internal void Send(DeviceMessageType type, uint id, string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        byte[] frame = new byte[7 + utf8.Length];
        BinaryPrimitives.WriteUInt16BigEndian(frame, (ushort)(5 + utf8.Length));
        frame[2] = (byte)type;
        BinaryPrimitives.WriteUInt32BigEndian(frame.AsSpan(3), id);
        utf8.CopyTo(frame, 7);
        SendBytes(frame);
    }

    internal void SendBytes(ReadOnlySpan<byte> bytes)
    {
        while (!bytes.IsEmpty)
            bytes = bytes[_socket.Send(bytes)..];
    }

    /// <summary>The next message as "TYPE ID TEXT"; "end" for FIN, "reset" for RST.</summary>
    internal async Task<string> Receive()
    {
        try
        {
            byte[]? rest = await Receive(2) is { } length
                ? await Receive(BinaryPrimitives.ReadUInt16BigEndian(length))
                : null;
            if (rest is null)
                return "end";
            uint id = BinaryPrimitives.ReadUInt32BigEndian(rest.AsSpan(1));
            return $"{(DeviceMessageType)rest[0]} {id} {Encoding.UTF8.GetString(rest, 5, rest.Length - 5)}";
        }
        catch (SocketException exception) when (exception.SocketErrorCode == SocketError.ConnectionReset)
        {
            return "reset";
        }
    }

    private async Task<byte[]?> Receive(int count)
    {
        byte[] bytes = new byte[count];
        for (int have = 0; have < count;)
        {
            int got = await Wait.For(
                _socket.ReceiveAsync(new ArraySegment<byte>(bytes, have, count - have), SocketFlags.None), "a message");
            if (got == 0)
                return null;
            have += got;
        }
        return bytes;
    }
}
