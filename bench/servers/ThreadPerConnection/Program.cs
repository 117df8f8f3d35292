// A thread per connection, which waits for input and handles it. Sends are direct: the thread that has something to
// send calls send, so a broadcast is a loop of system calls without a thread switch per subscriber, which a writer
// thread per connection would cost (and its stack). The sockets do not block: a broadcast must not wait for a peer.
// Slow consumers: what the system does not take is queued by reference, and a second thread writes it; it exists only
// while the peer is behind. Beyond 16 MiB queued the connection is closed.
using System.Net.Sockets;
using PushLab;

using Socket listener = Listening.Start(args);
Listening.Announce("threads", listener.LocalEndPoint);
var subscribers = new Subscribers();
while (true)
{
    try
    {
        new Connection(listener.Accept(), subscribers).Start();
    }
    catch (SocketException refused)
    {
        Console.Error.WriteLine($"accept: {refused.SocketErrorCode}");
    }
    catch (OutOfMemoryException)
    {
        Console.Error.WriteLine("accept: the system gives no more threads");
    }
}
