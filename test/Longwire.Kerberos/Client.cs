using System.Buffers.Binary;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Principal;

namespace Longwire.Kerberos;

/// <summary>The framework's own client: proves who it is, and has messages of given sizes echoed.</summary>
internal static class Client
{
    internal static async Task<int> RunAsync(string address, string service, ProtectionLevel protection, int[] sizes)
    {
        using var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        await socket.ConnectAsync(IPEndPoint.Parse(address));
        await using var stream = new NegotiateStream(new NetworkStream(socket));
        try
        {
            await stream.AuthenticateAsClientAsync(
                CredentialCache.DefaultNetworkCredentials, service, protection, TokenImpersonationLevel.Identification);
            foreach (int size in sizes)
                await EchoAsync(stream, size);
            socket.Shutdown(SocketShutdown.Send);
            // Past the stream, which throws at the server's FIN.
            if (await socket.ReceiveAsync(new byte[1]) != 0)
                throw new InvalidDataException("more came than was sent");
        }
        catch (Exception exception)
        {
            Console.WriteLine($"failed {exception.GetType().Name}: {exception.Message}");
            return 1;
        }
        Console.WriteLine(
            $"ok encrypted={stream.IsEncrypted} signed={stream.IsSigned} mutual={stream.IsMutuallyAuthenticated}");
        return 0;
    }

    /// <summary>One write of so many bytes, which the stream cuts into records; with the length in front.</summary>
    private static async Task EchoAsync(NegotiateStream stream, int size)
    {
        byte[] message = new byte[size];
        new Random(size).NextBytes(message);
        BinaryPrimitives.WriteInt32BigEndian(message, size - 4);
        await stream.WriteAsync(message);
        byte[] echo = new byte[size];
        await stream.ReadExactlyAsync(echo);
        if (!echo.AsSpan().SequenceEqual(message))
            throw new InvalidDataException($"the echo of {size} bytes is another");
    }
}
