using System.Runtime.Versioning;
using Longwire.Service.Installation;

namespace Longwire.Service.Tests.Installation;

/// <summary>Steps that run programs, and what may stand in the way of a service's program.</summary>
public sealed class StepTests
{
    [Fact]
    public async Task The_first_program_that_fails_ends_it()
    {
        RequireUnix();
        using var output = new StringWriter { NewLine = "\n" };
        Assert.Equal(
            "'sh -c 'echo out; echo no >&2; exit 3'' ended with 3: out no",
            await StepRunner.RunAsync(
                [
                    Sh("true"),
                    Sh("exit 1") with { MayFail = true },
                    Sh("echo out; echo no >&2; exit 3"),
                    Sh("touch /never"),
                ], output));
        Assert.Equal("ran sh -c true\nran sh -c 'exit 1'\n", output.ToString());
    }

    [Fact]
    public async Task A_program_that_is_missing_is_told() => Assert.Equal(
        "there is no program longwire-has-none; --dry-run prints what would be done",
        await StepRunner.RunAsync([new InstallStep.Run("longwire-has-none")], TextWriter.Null));

    [Fact]
    public void What_may_fail_does_not_end_the_printed_script() =>
        Assert.Equal("a 'b c' || true\n", StepText.ForShell([new InstallStep.Run("a", "b c") { MayFail = true }]));

    [Fact]
    public void A_program_of_the_system_can_be_run()
    {
        RequireUnix();
        Assert.Null(ServiceProgram.Objection("/bin/sh"));
    }

    [Theory]
    [InlineData("/opt/longwire-none", "there is no file '/opt/longwire-none'")]
    [InlineData("/tmp/longwire", "the service has a /tmp of its own and would not find '/tmp/longwire'; "
        + "move the folder with it, to /opt/longwire, say")]
    [InlineData("/var/tmp/longwire", "the service has a /tmp of its own and would not find '/var/tmp/longwire'; "
        + "move the folder with it, to /opt/longwire, say")]
    public void A_program_that_the_service_would_not_find_is_told(string program, string said)
    {
        RequireUnix();
        Assert.Equal(said, ServiceProgram.Objection(program));
    }

    [Theory]
    [InlineData("program")]
    [InlineData("folder")]
    [UnsupportedOSPlatform("windows")]
    public void A_program_that_is_closed_to_others_is_told(string what)
    {
        RequireUnix();
        // Not below /tmp, which is another one for the service.
        string folder = Directory.CreateDirectory(Path.Combine(AppContext.BaseDirectory, $"closed-{what}")).FullName;
        string program = Path.Combine(folder, "longwire");
        try
        {
            File.WriteAllText(program, "");
            const UnixFileMode open = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
            File.SetUnixFileMode(program, open | (what == "folder" ? UnixFileMode.OtherExecute : 0));
            File.SetUnixFileMode(folder, open | (what == "program" ? UnixFileMode.OtherExecute : 0));
            Assert.Equal(
                $"the service's user cannot run '{program}', because {(what == "folder" ? folder : program)} is closed "
                    + "to others; move the folder with the program, to /opt/longwire, say",
                ServiceProgram.Objection(program));
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static InstallStep.Run Sh(string script) => new("sh", "-c", script);

    private static void RequireUnix() => Assert.SkipWhen(OperatingSystem.IsWindows(), "The paths are those of Unix.");
}
