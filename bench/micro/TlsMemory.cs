#pragma warning disable CA5359 // no validation: loopback, and our own process on the other end
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Security;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using Longwire.Transport.Layers;

namespace Longwire.Micro;

/// <summary>
/// What an idle TLS connection costs a server, in managed memory, in native memory in use (glibc's mallinfo2, mostly
/// OpenSSL's) and in resident memory: the growth from 1,000 to 5,000 connections, whose clients are another process.
/// Two servers: Longwire, and <see cref="SslStream"/> over a socket, waiting with a read of zero bytes.
/// </summary>
internal static partial class TlsMemory
{
    private const int Few = 1000;
    private const int Many = 5000;

    internal static async Task<int> RunAsync(string[] args)
    {
        switch (args)
        {
            case ["clients", string port]:
                await ConnectAsync(int.Parse(port, CultureInfo.InvariantCulture));
                return 0;
            case ["Longwire"]:
                await MeasureLongwireAsync();
                return 0;
            case ["SslStream"]:
                await MeasureSslStreamAsync();
                return 0;
        }
        Console.WriteLine("bytes per idle connection     managed   native  resident");
        foreach (string server in (string[])["Longwire", "SslStream"])
        {
            using Process process = Start(server); // each with a heap of its own
            Console.Write(await process.StandardOutput.ReadToEndAsync());
        }
        return 0;
    }

    private static async Task MeasureLongwireAsync()
    {
        await using TcpServer server = TcpServer.Create(o => o
            .Loops(1)
            .Poller(PollerKind.Epoll)
            .Listen("tcp://127.0.0.1:0", e => e
                .Framing(LengthPrefix.BigEndian32(maxBytes: 4096))
                .UseTls(tls => tls.Certificate(TlsCertificate.From(Certificate())))
                .OnMessageInline(static (connection, message) => connection.Send(message))));
        await server.StartAsync();
        await MeasureAsync("Longwire", IPEndPoint.Parse(server.Addresses[0]["tcp://".Length..]).Port);
    }

    private static async Task MeasureSslStreamAsync()
    {
        using var listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
        listener.Bind(new IPEndPoint(IPAddress.Loopback, 0));
        listener.Listen(4096);
        _ = AcceptAsync(listener, SslStreamCertificateContext.Create(Certificate(), null, offline: true));
        await MeasureAsync("SslStream", ((IPEndPoint)listener.LocalEndPoint!).Port);
    }

    private static X509Certificate2 Certificate()
    {
        using ECDsa key = ECDsa.Create(ECCurve.NamedCurves.nistP256);
        return new CertificateRequest("CN=localhost", key, HashAlgorithmName.SHA256)
            .CreateSelfSigned(DateTimeOffset.UtcNow.AddDays(-1), DateTimeOffset.UtcNow.AddDays(1));
    }

    private static Process Start(params string[] args) => Process.Start(
        new ProcessStartInfo(Environment.ProcessPath!, ["tls-memory", .. args])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
        })!;

    private static async Task MeasureAsync(string name, int port)
    {
        using Process clients = Start("clients", $"{port}");
        await clients.StandardOutput.ReadLineAsync();
        (long managed, long native, long resident) = Look();
        clients.StandardInput.WriteLine();
        await clients.StandardOutput.ReadLineAsync();
        (long Managed, long Native, long Resident) now = Look();
        const int more = Many - Few;
        Console.WriteLine($"{name,-28} {(now.Managed - managed) / more,8:N0} {(now.Native - native) / more,8:N0} " +
            $"{(now.Resident - resident) / more,9:N0}");
        clients.StandardInput.WriteLine();
        await clients.WaitForExitAsync();
    }

    private static (long Managed, long Native, long Resident) Look()
    {
        long managed = GC.GetTotalMemory(forceFullCollection: true);
        string status = File.ReadAllText("/proc/self/status");
        string resident = status[(status.IndexOf("VmRSS:", StringComparison.Ordinal) + 6)..].TrimStart();
        resident = resident[..resident.IndexOf(' ', StringComparison.Ordinal)];
        return (managed, (long)MallInfo2()[7], 1024 * long.Parse(resident, CultureInfo.InvariantCulture));
    }

    private static async Task AcceptAsync(Socket listener, SslStreamCertificateContext certificate)
    {
        var options = new SslServerAuthenticationOptions { ServerCertificateContext = certificate };
        while (true)
            _ = HoldAsync(await listener.AcceptAsync(), options);
    }

    private static async Task HoldAsync(Socket socket, SslServerAuthenticationOptions options)
    {
        var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
        await stream.AuthenticateAsServerAsync(options);
        byte[] buffer = new byte[64];
        while (true)
        {
            _ = await stream.ReadAsync(Memory<byte>.Empty);
            int count = await stream.ReadAsync(buffer);
            if (count == 0)
                break;
            await stream.WriteAsync(buffer.AsMemory(0, count));
        }
        await stream.DisposeAsync();
    }

    /// <summary>The other process: each client sends one message and has it back, and is silent from then on.</summary>
    private static async Task ConnectAsync(int port)
    {
        var streams = new List<SslStream>();
        foreach (int count in (int[])[Few, Many])
        {
            while (streams.Count < count)
            {
                var socket = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
                await socket.ConnectAsync(IPAddress.Loopback, port);
                var stream = new SslStream(new NetworkStream(socket, ownsSocket: true));
                await stream.AuthenticateAsClientAsync(new SslClientAuthenticationOptions
                {
                    TargetHost = "localhost",
                    RemoteCertificateValidationCallback = static (_, _, _, _) => true,
                });
                byte[] message = [0, 0, 0, 1, 7];
                await stream.WriteAsync(message);
                await stream.ReadExactlyAsync(message);
                streams.Add(stream);
            }
            Console.WriteLine($"{count} connected");
            Console.ReadLine();
        }
    }

    [LibraryImport("libc", EntryPoint = "mallinfo2")]
    private static partial MallocInfo MallInfo2();

    /// <summary>mallinfo2(3): ten numbers, of which the eighth is what is in use.</summary>
    [InlineArray(10)]
    private struct MallocInfo
    {
        private nuint _first;
    }
}
