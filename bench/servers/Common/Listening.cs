using System.Net;
using System.Net.Sockets;

namespace PushLab;

internal static class Listening
{
    public const int Backlog = 4096;

    /// <summary>The number after <c>--port</c>; 0, without it, lets the system choose.</summary>
    public static int Port(string[] args) =>
        args is ["--port", string port] ? int.Parse(port, null) : 0;

    public static Socket Start(string[] args)
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, Port(args)));
        listener.Listen(Backlog);
        return listener;
    }

    public static void Announce(string server, EndPoint? address) => Console.WriteLine($"{server} on {address}");
}
