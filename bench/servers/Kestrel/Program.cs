// Kestrel with a ConnectionHandler: no HTTP, its sockets and pipes. A block is written to the connection's pipe by the
// thread that has it, unless that connection's flush is under way; then it queues, and one flush takes all that queued.
// Slow consumers: nobody waits for them. The pipe takes 64 KiB, then blocks queue by reference up to 16 MiB, then the
// connection is aborted. With --certificate and --key it speaks TLS 1.3, by Kestrel's own adapter.
using System.Net;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;
using Microsoft.AspNetCore.Connections;
using Microsoft.AspNetCore.Hosting.Server;
using Microsoft.AspNetCore.Hosting.Server.Features;
using Microsoft.AspNetCore.Server.Kestrel.Https;
using PushLab;

WebApplicationBuilder builder = WebApplication.CreateEmptyBuilder(new());
builder.WebHost.UseKestrelCore();
X509Certificate2? certificate = Listening.Certificate(args);
builder.WebHost.ConfigureKestrel(o => o.Listen(IPAddress.Loopback, Listening.Port(args), endpoint =>
{
    if (certificate is not null)
    {
        endpoint.UseHttps(new HttpsConnectionAdapterOptions
        {
            ServerCertificate = certificate,
            SslProtocols = SslProtocols.Tls13,
        });
    }
    endpoint.UseConnectionHandler<PushHandler>();
}));
builder.WebHost.UseSockets(o =>
{
    o.Backlog = Listening.Backlog;
    o.MaxReadBufferSize = 2 * Frames.MaxPayloadBytes;
});
builder.Services.AddSingleton<Subscribers>();
builder.Services.Configure<HostOptions>(o => o.ShutdownTimeout = TimeSpan.Zero);
await using WebApplication app = builder.Build();
await app.StartAsync();
string address = app.Services.GetRequiredService<IServer>().Features.Get<IServerAddressesFeature>()!.Addresses.Single();
Listening.Announce(certificate is null ? "kestrel" : "kestrel-tls", IPEndPoint.Parse(new Uri(address).Authority));
await app.WaitForShutdownAsync();
