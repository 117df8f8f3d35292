using System.Diagnostics;
using System.Net;
using System.Runtime.InteropServices;
using System.Text.RegularExpressions;
using Longwire.FeedTests;
using Longwire.Protocols.Feed;
using Longwire.ServerTests;

namespace Longwire.Samples.Tests.Programs;

/// <summary>A sample as a process of its own, on a port of the system's choice; killed at the end.</summary>
internal sealed partial class SampleProcess : IAsyncDisposable
{
    private readonly Process _process;
    private readonly Task<string> _error;
    private readonly List<FeedPeer> _peers = [];
    private IPEndPoint _address = new(IPAddress.None, 0);

    private SampleProcess(Process process)
    {
        _process = process;
        _error = process.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
    }

    /// <summary>Starts it and waits for the line that says where it listens.</summary>
    internal static async Task<SampleProcess> Start(string sample, params string[] arguments)
    {
        string library = Path.Combine(AppContext.BaseDirectory, $"{sample}.dll");
        var start = new ProcessStartInfo(Dotnet(), [library, .. arguments])
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        var program = new SampleProcess(Process.Start(start)!);
        program._address = await program.FindAddress();
        return program;
    }

    /// <summary>A client that has exchanged HELLO.</summary>
    internal async Task<FeedPeer> Connect()
    {
        FeedPeer peer = await FeedPeer.Dial(_address);
        _peers.Add(peer);
        peer.Send(static output => FeedHello.Write(output, 1, FeedFeatures.None, 0, 0, TimeSpan.Zero, "test"));
        await peer.Expect(FeedType.Hello);
        return peer;
    }

    /// <summary>SIGTERM; then its end, which is a good one.</summary>
    internal async Task Terminate()
    {
        Task<string> output = _process.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, Kill(_process.Id, 15));
        await Wait.For(_process.WaitForExitAsync(), "the end of the sample");
        Assert.True(_process.ExitCode == 0, $"It ended with {_process.ExitCode}: {await output}{await _error}");
    }

    public async ValueTask DisposeAsync()
    {
        _peers.ForEach(static peer => peer.Dispose());
        if (!_process.HasExited)
            _process.Kill();
        await Wait.For(_error, "the end of the sample");
        _process.Dispose();
    }

    private async Task<IPEndPoint> FindAddress()
    {
        while (await Wait.For(_process.StandardOutput.ReadLineAsync(), "the address") is { } line)
        {
            if (Address().Match(line) is { Success: true } match)
                return IPEndPoint.Parse(match.Value);
        }
        throw new InvalidOperationException($"It ended: {await _error}");
    }

    /// <summary>The host that runs these tests; there need be no other on the path.</summary>
    private static string Dotnet() => Path.GetFullPath(Path.Combine(
        RuntimeEnvironment.GetRuntimeDirectory(), "../../..", OperatingSystem.IsWindows() ? "dotnet.exe" : "dotnet"));

    [DllImport("libc", EntryPoint = "kill")]
    private static extern int Kill(int process, int signal);

    [GeneratedRegex("127\\.0\\.0\\.1:[1-9][0-9]*")]
    private static partial Regex Address();
}
