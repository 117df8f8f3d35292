using System.Net;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;

namespace PushLab;

internal static class Listening
{
    public const int Backlog = 4096;

    /// <summary>The number after <c>--port</c>; 0, without it, lets the system choose.</summary>
    public static int Port(string[] args) => int.Parse(Option(args, "--port") ?? "0", null);

    /// <summary>Of the files after <c>--certificate</c> and <c>--key</c>; null without them.</summary>
    public static X509Certificate2? Certificate(string[] args) =>
        Option(args, "--certificate") is { } certificate
            ? X509Certificate2.CreateFromPemFile(certificate, Option(args, "--key"))
            : null;

    public static Socket Start(string[] args)
    {
        var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, Port(args)));
        listener.Listen(Backlog);
        return listener;
    }

    public static void Announce(string server, EndPoint? address) => Console.WriteLine($"{server} on {address}");

    /// <summary>What stands behind an option; null without it.</summary>
    public static string? Option(string[] args, string name)
    {
        int index = Array.IndexOf(args, name);
        return index >= 0 && index + 1 < args.Length ? args[index + 1] : null;
    }
}
