// The Begin/End connection manager: a callback per receive, one send under way per connection, the rest in its queue.
// What was queued during a send leaves as one gathered BeginSend. Every connection keeps its receive buffer, as such
// servers do: that costs memory while idle and saves the system call that would ask whether there is something to read.
// Slow consumers: nobody waits for them. Blocks queue by reference up to 16 MiB, then the connection is closed.
using System.Net.Sockets;
using PushLab;

using Socket listener = Listening.Start(args);
Listening.Announce("beginend", listener.LocalEndPoint);
var subscribers = new Subscribers();
AcceptOn();
Thread.Sleep(Timeout.Infinite);

void AcceptOn()
{
    IAsyncResult accept;
    do
    {
        accept = listener.BeginAccept(Accepted, null);
    }
    while (accept.CompletedSynchronously);
}

void Accepted(IAsyncResult accept)
{
    try
    {
        new Connection(listener.EndAccept(accept), subscribers).Start();
    }
    catch (SocketException refused)
    {
        Console.Error.WriteLine($"accept: {refused.SocketErrorCode}");
    }
    if (!accept.CompletedSynchronously)
        AcceptOn();
}
