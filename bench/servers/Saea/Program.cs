// SocketAsyncEventArgs, the way it is meant to be used: an idle connection waits with a zero-byte receive and holds no
// buffer; send operations are pooled; what was queued during a send leaves as one gathered send (BufferList).
// Slow consumers: nobody waits for them. Blocks queue by reference up to 16 MiB, then the connection is closed.
// With --deflate 1 each connection has a DeflateStream of its own for what it is sent.
using System.Net.Sockets;
using PushLab;

using Socket listener = Listening.Start(args);
Listening.Announce("saea", listener.LocalEndPoint);
bool deflates = Listening.Option(args, "--deflate") == "1";
var subscribers = new Subscribers();
var acceptor = new SocketAsyncEventArgs();
acceptor.Completed += (_, _) => AcceptOn();
AcceptOn(start: true);
Thread.Sleep(Timeout.Infinite);

void AcceptOn(bool start = false)
{
    if (!start)
        Accepted();
    while (!listener.AcceptAsync(acceptor))
        Accepted();
}

void Accepted()
{
    // A failed accept (a caller that is gone, no descriptor left) concerns that caller only.
    if (acceptor is { SocketError: SocketError.Success, AcceptSocket: { } socket })
        new Connection(socket, subscribers, deflates).Start();
    acceptor.AcceptSocket = null;
}
