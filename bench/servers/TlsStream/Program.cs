// SslStream over NetworkStream, the way it is meant to be used: an idle connection waits with a zero-byte read, so that
// neither it nor SslStream holds a buffer; what was queued during a write leaves as records of up to 16 KiB.
// Slow consumers: nobody waits for them. Blocks queue by reference up to 16 MiB, then the connection is closed.
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using PushLab;

X509Certificate2 certificate = Listening.Certificate(args)
    ?? throw new ArgumentException("--certificate FILE --key FILE are needed");
var options = new SslServerAuthenticationOptions
{
    ServerCertificateContext = SslStreamCertificateContext.Create(certificate, null, offline: true),
    EnabledSslProtocols = SslProtocols.Tls13,
};
using Socket listener = Listening.Start(args);
Listening.Announce("sslstream", listener.LocalEndPoint);
var subscribers = new Subscribers();
while (true)
{
    try
    {
        Socket socket = await listener.AcceptAsync();
        _ = new Connection(socket, subscribers).RunAsync(options); // it catches what concerns it alone
    }
    catch (SocketException failed)
    {
        // A caller that is gone, or no descriptor left, concerns that caller only.
        Console.Error.WriteLine(failed.Message);
    }
}
