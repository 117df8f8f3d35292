namespace Longwire;

/// <summary>Looks at every loop once a second and names a callback that does not give its loop back.</summary>
/// <remarks>
/// Owner: the server. Concurrency: a thread of its own, because what it looks for may starve the pool, too. Bound: one
/// per server; it allocates nothing.
/// </remarks>
internal sealed class Watchdog : IDisposable
{
    private static readonly TimeSpan s_interval = TimeSpan.FromSeconds(1);
    private static readonly TimeSpan s_joinTimeout = TimeSpan.FromSeconds(5); // a log that blocks holds it

    private readonly ManualResetEvent _stop = new(initialState: false);
    private readonly LoopHost[] _hosts;
    private readonly Thread _thread;

    internal Watchdog(LoopHost[] hosts)
    {
        _hosts = hosts;
        _thread = new Thread(Run) { IsBackground = true, Name = "longwire-watchdog" };
        _thread.Start();
    }

    public void Dispose()
    {
        _stop.Set();
        if (_thread.Join(s_joinTimeout))
            _stop.Dispose();
    }

    private void Run()
    {
        while (!_stop.WaitOne(s_interval))
        {
            foreach (LoopHost host in _hosts)
                host.Watch();
        }
    }
}
