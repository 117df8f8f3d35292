using System.Text;
using System.Text.RegularExpressions;
using Longwire.ServerTests;
using Longwire.Service.Installation;

namespace Longwire.Service.Tests.Installation;

/// <summary>The unit before systemd's own tools, and the service under the unit's rules.</summary>
public sealed partial class SystemdTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("longwire-unit-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("longwire")]
    [InlineData("100% mine, $HOME or not")]
    public async Task Systemd_reads_it_without_a_complaint(string name)
    {
        string analyze = Tool.Find("systemd-analyze");
        string program = Path.Combine(_folder, name);
        File.CreateSymbolicLink(program, "/bin/true"); // systemd looks whether it can be run
        string unit = await WriteAsync(SystemdUnit.Text(program));
        Assert.Equal(("", 0), await ServiceProcess.RunAsync(analyze, "verify", "--man=no", unit));
    }

    [Fact]
    public async Task Its_exposure_is_below_two()
    {
        string analyze = Tool.Find("systemd-analyze");
        string unit = await WriteAsync(SystemdUnit.Text("/bin/true"));
        (string output, int code) = await ServiceProcess.RunAsync(
            analyze, "security", "--offline=true", "--no-pager", "--threshold=20", unit);
        Assert.True(code == 0, output);
    }

    [Fact]
    public async Task It_allows_every_system_call_that_the_service_makes()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "There is systemd on Linux only.");
        (string listed, int code) = await ServiceProcess.RunAsync(
            Tool.Find("systemd-analyze"), "syscall-filter", "--no-pager");
        Assert.Equal(0, code);
        HashSet<string> allowed = Members(listed, "@system-service");
        allowed.ExceptWith(Members(listed, "@privileged"));

        string trace = Path.Combine(_folder, "trace");
        // -D: strace is the service's child, and not the other way round, so that nothing outlives a test that fails.
        await using (ServiceProcess service = await ServiceProcess.StartUnderAsync(
            [Tool.Find("strace"), "-D", "-f", "-qq", "-o", trace], _folder, "--telnet", ":0"))
        {
            using LineClient client = await LineClient.ConnectAsync(service.Port);
            Assert.StartsWith("host/cpu {", await client.AskAsync("get host/cpu"));
            Assert.StartsWith("# 1 value", await client.ReadAsync("the end"));
            await client.SendAsync("who\nwatch host/#\n");
            await client.ReadUntilAsync(static said => said.Contains("follow"), "the end of the snapshot");
            await client.ReadAsync("a change"); // so that the sources were read a second time
            service.Terminate();
            await client.ReadUntilAsync(static said => said.StartsWith("# goodbye"), "the goodbye");
            client.ShutdownSend();
            Assert.Equal(0, (await service.WaitAsync()).Code);
        }
        string[] made = [.. File.ReadLines(trace).Select(static line => Call().Match(line).Groups[1].Value)
            .Where(static name => name.Length > 0).Distinct().Order(StringComparer.Ordinal)];
        Assert.Contains("epoll_wait", made);
        Assert.Empty(made.Except(allowed));
    }

    /// <summary>The calls of a group in systemd's listing, with those of the groups in it.</summary>
    private static HashSet<string> Members(string listing, string group)
    {
        HashSet<string> members = new(StringComparer.Ordinal);
        foreach (string line in listing.Split('\n').SkipWhile(line => line != group).Skip(1)
            .TakeWhile(static line => line.StartsWith(' ')))
        {
            string name = line.Trim();
            if (name.StartsWith('@'))
                members.UnionWith(Members(listing, name));
            else if (!name.StartsWith('#'))
                members.Add(name);
        }
        return members;
    }

    private async Task<string> WriteAsync(string text)
    {
        string path = Path.Combine(_folder, SystemdUnit.Name);
        await File.WriteAllTextAsync(path, text, new UTF8Encoding(false), TestContext.Current.CancellationToken);
        return path;
    }

    [GeneratedRegex(@"^[0-9]+ +([a-z_0-9]+)\(")]
    private static partial Regex Call();
}
