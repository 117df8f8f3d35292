using System.Runtime.CompilerServices;
using Longwire.ServerTests;
using Longwire.Service.Hosting;
using Longwire.Service.Installation;

namespace Longwire.Service.Tests.Installation;

/// <summary>What is installed, and what is said about it; <c>docs/service/install.md</c> shows the same.</summary>
public sealed class InstallTests : IDisposable
{
    private const string Program = "/opt/longwire/longwire";

    private readonly string _root = Directory.CreateTempSubdirectory("longwire-root-").FullName;

    private string Unit => Path.Join(_root, "etc/systemd/system/longwire.service");

    public void Dispose() => Directory.Delete(_root, recursive: true);

    [Fact]
    public async Task A_dry_run_prints_what_the_document_shows()
    {
        RequireLinux();
        (int code, string output, string error) = await RunAsync("install", "--dry-run", "--program", Program);
        Assert.Equal((0, ""), (code, error));
        Assert.Contains($"```sh\n{output}```", await DocumentAsync());
    }

    [Fact]
    public async Task On_Windows_a_dry_run_prints_what_the_document_shows()
    {
        string output = StepText.ForCmd(WindowsPlan.Install(@"C:\Program Files\Longwire\longwire.exe"));
        Assert.Contains($"```bat\n{output}```", await DocumentAsync());
        Assert.Equal(
            """
            sc.exe stop longwire
            sc.exe delete longwire
            reg.exe delete HKLM\SYSTEM\CurrentControlSet\Services\EventLog\Application\longwire /f

            """,
            StepText.ForCmd(WindowsPlan.Uninstall()));
    }

    [Fact]
    public async Task A_dry_run_of_uninstall_prints_its_commands()
    {
        RequireLinux();
        Assert.Equal(
            (0, "systemctl disable --now longwire.service\nrm /etc/systemd/system/longwire.service\n"
                + "systemctl daemon-reload\n", ""),
            await RunAsync("uninstall", "--dry-run"));
    }

    [Fact]
    public async Task The_printed_script_does_what_install_does()
    {
        RequireLinux();
        string root = Path.Join(_root, "it's here");
        (_, string script, _) = await RunAsync("install", "--dry-run", "--root", root, "--program", Program);
        Assert.Equal(0, await Tool.ExitCode("sh", [], "-c", script));
        string unit = await File.ReadAllTextAsync(
            Path.Join(root, "etc/systemd/system/longwire.service"), TestContext.Current.CancellationToken);
        Assert.Equal(SystemdUnit.Text(Program), unit);
    }

    [Fact]
    public async Task Below_a_root_the_unit_is_written_again_and_deleted()
    {
        RequireLinux();
        for (int i = 0; i < 2; i++)
        {
            Assert.Equal(
                (0, $"wrote {Unit}\nEnable it:  systemctl --root={_root} enable longwire.service\n", ""),
                await RunAsync("install", "--root", _root, "--program", Program));
        }
        Assert.Equal(
            SystemdUnit.Text(Program), await File.ReadAllTextAsync(Unit, TestContext.Current.CancellationToken));
        Assert.Equal(
            (0, $"deleted {Unit}\nLeft as they are: /etc/longwire, /var/lib/longwire\n", ""),
            await RunAsync("uninstall", "--root", _root));
        Assert.Equal(
            (ExitCodes.Failure, "", $"longwire: uninstall: there is no {Unit}; nothing is installed\n"),
            await RunAsync("uninstall", "--root", _root));
    }

    [Theory]
    [InlineData("install")]
    [InlineData("uninstall")]
    public async Task A_unit_of_somebody_else_stays(string verb)
    {
        RequireLinux();
        Directory.CreateDirectory(Path.GetDirectoryName(Unit)!);
        await File.WriteAllTextAsync(Unit, "[Unit]\n", TestContext.Current.CancellationToken);
        string[] program = verb == "install" ? ["--program", Program] : [];
        Assert.Equal(
            (ExitCodes.Failure, "",
                $"longwire: {verb}: {Unit} was not written by longwire install; move it away first\n"),
            await RunAsync([verb, "--root", _root, .. program]));
        Assert.Equal("[Unit]\n", await File.ReadAllTextAsync(Unit, TestContext.Current.CancellationToken));
    }

    [Theory]
    [InlineData("longwire: install: --program: this is not the published program; name it, as in "
        + "/opt/longwire/longwire\n", "install", "--dry-run")]
    [InlineData("longwire: install: --program: 'longwire' is relative; write the whole path\n",
        "install", "--dry-run", "--program", "longwire")]
    [InlineData("longwire: install: --program: systemd takes no path with quotes or backslashes: /it's\n",
        "install", "--dry-run", "--program", "/it's")]
    [InlineData("longwire: install: --telnet: the service takes its settings from the machine's file (longwire config "
        + "init writes it); leave the option out; see longwire install --help\n", "install", "--telnet", ":1")]
    [InlineData("longwire: uninstall: --data: the service takes its settings from the machine's file (longwire config "
        + "init writes it); leave the option out; see longwire uninstall --help\n", "--data", "/x", "uninstall")]
    public async Task A_wrong_command_line_is_told_in_one_line(string said, params string[] args)
    {
        RequireLinux();
        Assert.Equal((ExitCodes.Usage, "", said), await RunAsync(args));
    }

    [Fact]
    public async Task A_unit_that_cannot_be_written_is_told()
    {
        RequireLinux();
        string file = Path.Join(_root, "file");
        await File.WriteAllTextAsync(file, "", TestContext.Current.CancellationToken);
        (int code, string output, string error) = await RunAsync("install", "--root", file, "--program", Program);
        Assert.Equal((ExitCodes.Failure, ""), (code, output));
        Assert.StartsWith("longwire: install: ", error);
        Assert.Contains(file, error);
    }

    /// <summary>As a process without privileges where this one has them.</summary>
    [Theory]
    [InlineData("install", "--program", Program)]
    [InlineData("uninstall")]
    public async Task Without_the_privilege_nothing_is_done(params string[] args)
    {
        RequireLinux();
        if (!Environment.IsPrivilegedProcess)
        {
            Assert.Equal((ExitCodes.Failure, "", Said(args)), await RunAsync(args));
            return;
        }
        Assert.Equal(
            (Said(args), ExitCodes.Failure),
            await ServiceProcess.RunAsync(Tool.Find("setpriv"), [
                "--reuid=65534", "--clear-groups", ServiceProcess.Dotnet, ServiceProcess.Program, .. args,
            ]));

        static string Said(string[] args) =>
            $"longwire: {args[0]}: run it as root; --dry-run prints what it would do\n";
    }

    [Theory]
    [InlineData("install", "--program", Program)]
    [InlineData("uninstall")]
    public async Task Without_systemd_nothing_is_done(params string[] args)
    {
        RequireLinux();
        Assert.SkipWhen(Directory.Exists(SystemdPlan.Booted), "This system was started by systemd.");
        Assert.SkipUnless(Environment.IsPrivilegedProcess, "The privilege is asked for first.");
        Assert.Equal(
            (ExitCodes.Failure, "",
                $"longwire: {args[0]}: this system was not started by systemd; --root DIR writes the unit for one "
                    + "that is\n"),
            await RunAsync(args));
    }

    private static void RequireLinux() =>
        Assert.SkipUnless(OperatingSystem.IsLinux(), "There is systemd on Linux only.");

    private static async Task<string> DocumentAsync([CallerFilePath] string here = "") =>
        await File.ReadAllTextAsync(
            Path.Combine(Path.GetDirectoryName(here)!, "../../../docs/service/install.md"),
            TestContext.Current.CancellationToken);

    private static async Task<(int Code, string Output, string Error)> RunAsync(params string[] args)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        int code = await LongwireCommand.RunAsync(args, output, error, new Dictionary<string, string>())
            .WaitAsync(LineClient.Deadline, TestContext.Current.CancellationToken);
        return (code, output.ToString(), error.ToString());
    }
}
