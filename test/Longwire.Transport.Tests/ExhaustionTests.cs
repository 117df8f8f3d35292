using System.Diagnostics;
using System.Net.Sockets;

namespace Longwire.Transport.Tests;

/// <summary>
/// No descriptor left. It happens to a whole process, so each case runs in a child: this executable again.
/// </summary>
public sealed class ExhaustionTests
{
    private const string ChildVariable = "LONGWIRE_TEST_CHILD";

    [Theory, ClassData(typeof(Pollers))]
    public void A_process_without_descriptors_recovers(PollerKind kind)
    {
        Pollers.SkipUnlessLinux();
        string executable = Path.Combine(AppContext.BaseDirectory, "Longwire.Transport.Tests");
        var start = new ProcessStartInfo(executable)
        {
            ArgumentList = { "-explicit", "only", "-noColor", "-method", "*Child_of_exhaustion" },
            Environment = { [ChildVariable] = kind.ToString() },
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process child = Process.Start(start)!;
        Task<string> output = child.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Task<string> errors = child.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        if (!child.WaitForExit(TimeSpan.FromSeconds(60)))
        {
            child.Kill();
            Assert.Fail("Waited 60 s for the child process to end.");
        }
        string said = Wait.For(output, "its output");
        Assert.True(child.ExitCode == 0, said + Wait.For(errors, "its errors"));
        Assert.Contains("Total: 1, Errors: 0, Failed: 0, Skipped: 0", said, StringComparison.Ordinal);
    }

    [Fact(Explicit = true)]
    public void Child_of_exhaustion()
    {
        string? kind = Environment.GetEnvironmentVariable(ChildVariable);
        Assert.SkipWhen(kind is null, "Runs in the child process of this class's other test.");
        Exhaust(Enum.Parse<PollerKind>(kind));
    }

    private static void Exhaust(PollerKind kind)
    {
        using var server = new TestServer(kind) { Appetite = Appetite.Echo };
        Echo(server.Connect()); // all code on the way has run, and needs no file any more
        FillThreadPool();
        List<Socket> waiting = [.. Enumerable.Range(0, 3).Select(_ => TestServer.NewClient(server.EndPoint))];
        Sys.LowerDescriptorLimit(300);
        var fillers = new List<int>();
        for (int filler = Sys.OpenNull(); filler >= 0; filler = Sys.OpenNull())
            fillers.Add(filler);
        long ticks = server.Loop.Ticks;
        for (int i = 0; i < waiting.Count; i++)
        {
            waiting[i].Connect(server.EndPoint); // the kernel completes it; the accept is what fails
            if (kind == PollerKind.Epoll)
                Assert.Equal(SocketError.ConnectionReset, Wait.ToEnd(waiting[i], out long _));
            int expected = i + 1;
            Wait.Until(() => server.Failures.Count >= expected, "the failure to be reported");
        }
        Assert.All(server.Failures, f => Assert.Equal(TransportError.DescriptorsExhausted, f.Error));
        if (kind == PollerKind.Socket)
            Wait.Until(() => server.Failures.Any(f => f.BackOff.TotalMilliseconds >= 80), "the back-off to grow");
        Assert.InRange(server.Loop.Ticks - ticks, 1, 60);
        Assert.Equal(server.Failures.Count, server.TestLoop.Run(() => server.Listener.Failed));
        fillers.ForEach(Sys.Close);
        Echo(server.Connect());
        if (kind == PollerKind.Socket)
            waiting.ForEach(Echo);
    }

    /// <summary>
    /// The framework cannot start a pool thread without descriptors: its worker dies of OutOfMemoryException and takes
    /// a queued socket completion with it. That is not ours to mend, so the pool has its threads before.
    /// </summary>
    private static void FillThreadPool()
    {
        const int Threads = 12;
        ThreadPool.SetMinThreads(Threads, Threads);
        var all = new CountdownEvent(Threads);
        for (int i = 0; i < Threads; i++)
        {
            ThreadPool.UnsafeQueueUserWorkItem(
                static countdown =>
                {
                    countdown.Signal();
                    countdown.Wait(Wait.Deadline);
                },
                all,
                preferLocal: false);
        }
        Assert.True(all.Wait(Wait.Deadline), "waited for the pool's threads");
        ThreadPool.SetMaxThreads(Threads, Threads);
    }

    private static void Echo(Socket client)
    {
        client.Send("again"u8);
        Assert.Equal("again"u8.ToArray(), Wait.Exactly(client, 5));
        client.Dispose();
    }
}
