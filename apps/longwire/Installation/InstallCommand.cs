using System.CommandLine;
using Longwire.Service.Hosting;

namespace Longwire.Service.Installation;

/// <summary>
/// The command line: <c>longwire install [--dry-run] [--program FILE] [--root DIR]</c> and <c>longwire uninstall</c>.
/// </summary>
internal static class InstallCommand
{
    /// <summary>Both commands.</summary>
    public static IEnumerable<Command> Create(ServeOptions options, CommandContext context)
    {
        var dryRun = new Option<bool>("--dry-run")
        {
            Description = "Prints the commands that do the same, and does nothing",
        };
        var root = new Option<string?>("--root")
        {
            HelpName = "DIR",
            Description =
                "Only writes or deletes the unit, below this folder: another system's root, such as an image's",
        };
        var program = new Option<string?>("--program")
        {
            HelpName = "FILE",
            Description = "What the service runs. Default: this program",
        };
        var install = new Command("install", "Installs and starts the service: a systemd unit, or a Windows service")
        {
            dryRun,
            program,
            root,
        };
        install.SetAction((arguments, _) => RunAsync(
            new(context, "install", arguments.GetValue(root), arguments.GetValue(dryRun)),
            Given(options, arguments), arguments.GetValue(program) ?? ServiceProgram.OfThisProcess));
        var uninstall = new Command("uninstall", "Stops and removes the service; leaves its settings and data")
        {
            dryRun,
            root,
        };
        uninstall.SetAction((arguments, _) => RunAsync(
            new(context, "uninstall", arguments.GetValue(root), arguments.GetValue(dryRun)),
            Given(options, arguments), program: null));
        return [install, uninstall];
    }

    private static async Task<int> RunAsync(Request request, string? stranger, string? program)
    {
        (CommandContext context, string verb, string? root, bool isDry) = request;
        if (stranger is not null)
        {
            return await context.FailAsync(
                ExitCodes.Usage, $"{verb}: {stranger}: the service takes its settings from the machine's file "
                    + $"(longwire config init writes it); leave the option out; see longwire {verb} --help");
        }
        if (Objection(request, program) is var (code, objection))
            return await context.FailAsync(code, $"{verb}: {objection}");
        InstallStep[] steps = (OperatingSystem.IsWindows(), verb) switch
        {
            (true, "install") => WindowsPlan.Install(program!),
            (true, _) => WindowsPlan.Uninstall(),
            (false, "install") => SystemdPlan.Install(program!, Whole(root)),
            (false, _) => SystemdPlan.Uninstall(Whole(root)),
        };
        if (isDry)
        {
            await context.Output.WriteAsync(
                OperatingSystem.IsWindows() ? StepText.ForCmd(steps) : StepText.ForShell(steps));
            return ExitCodes.Success;
        }
        string? problem = StepRunner.Objection(steps) ?? await StepRunner.RunAsync(steps, context.Output);
        if (problem is not null)
            return await context.FailAsync(ExitCodes.Failure, $"{verb}: {problem}");
        await context.Output.WriteLineAsync(Farewell(verb, root));
        return ExitCodes.Success;
    }

    /// <summary>What stands against it whatever the steps are, in the order in which one would mend it.</summary>
    private static (int Code, string Text)? Objection(Request request, string? program)
    {
        if (!OperatingSystem.IsLinux() && !OperatingSystem.IsWindows())
            return (ExitCodes.Failure, "there are services for systemd and for Windows only");
        if (OperatingSystem.IsWindows() && request.Root is not null)
            return (ExitCodes.Usage, "--root: there is none on Windows; leave the option out");
        if (request.Verb == "install")
        {
            if (program is null)
            {
                return (ExitCodes.Usage,
                    "--program: this is not the published program; name it, as in /opt/longwire/longwire");
            }
            if (!Path.IsPathFullyQualified(program))
                return (ExitCodes.Usage, $"--program: '{program}' is relative; write the whole path");
            if (!OperatingSystem.IsWindows() && !SystemdUnit.TakesProgram(program))
                return (ExitCodes.Usage, $"--program: systemd takes no path with quotes or backslashes: {program}");
        }
        if (request.IsDry)
            return null;
        if (request.Root is null && !Environment.IsPrivilegedProcess)
        {
            return (ExitCodes.Failure, (OperatingSystem.IsWindows() ? "run it as administrator" : "run it as root")
                + "; --dry-run prints what it would do");
        }
        if (request.Root is null && OperatingSystem.IsLinux() && !Directory.Exists(SystemdPlan.Booted))
        {
            return (ExitCodes.Failure,
                "this system was not started by systemd; --root DIR writes the unit for one that is");
        }
        return request.Root is null && program is not null && ServiceProgram.Objection(program) is { } text
            ? (ExitCodes.Failure, text)
            : null;
    }

    private static string Farewell(string verb, string? root) => (verb, OperatingSystem.IsWindows()) switch
    {
        ("install", _) when root is not null => $"Enable it:  systemctl --root={Whole(root)} enable {SystemdUnit.Name}",
        ("install", false) => """
            The service runs.
            Its log:       journalctl -u longwire
            Its settings:  /etc/longwire/longwire.json; longwire config init writes it, longwire config check reads it;
                           then: systemctl restart longwire
            """,
        ("install", true) => """
            The service runs.
            Its log:       the event log Application, source longwire
            Its settings:  %ProgramData%\longwire\longwire.json; then: sc.exe stop longwire, sc.exe start longwire
            """,
        (_, false) => "Left as they are: /etc/longwire, /var/lib/longwire",
        (_, true) => @"Left as it is: %ProgramData%\longwire",
    };

    /// <summary>An option for serving that was given; none belongs here.</summary>
    private static string? Given(ServeOptions options, ParseResult arguments) =>
        options.All.FirstOrDefault(option => arguments.GetResult(option) is { Implicit: false })?.Name;

    private static string? Whole(string? root) => root is null ? null : Path.GetFullPath(root);

    /// <summary>What was asked for.</summary>
    private sealed record Request(CommandContext Context, string Verb, string? Root, bool IsDry);
}
