using System.Net;
using System.Net.Sockets;

namespace Longwire.Transport.Tests;

/// <summary>Waits for nothing, and notes how long it should have.</summary>
internal sealed class StepPoller : Poller
{
    internal int LastTimeout { get; private set; }

    public override string Name => "step";

    protected internal override void Add(Wire wire)
    {
    }

    protected internal override void Wait(int timeout) => LastTimeout = timeout;

    protected internal override void Wake()
    {
    }

    protected internal override Listener Listen(Socket socket, IAcceptHandler handler) =>
        throw new NotSupportedException();

    protected internal override void Dial(EndPoint target, DialOptions options, IDialHandler handler) =>
        throw new NotSupportedException();

    protected override void Dispose(bool disposing)
    {
    }
}
