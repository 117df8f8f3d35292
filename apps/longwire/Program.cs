using System.CommandLine;

namespace Longwire.Service;

/// <summary>The command line. Exit codes: 0 ended well, 1 could not start, 2 wrong usage.</summary>
internal static class Program
{
    private const int UsageError = 2;

    private static async Task<int> Main(string[] args)
    {
        var telnet = new Option<string>("--telnet")
        {
            Description = "Address of the console: HOST:PORT; port 0 lets the system choose",
            HelpName = "ADDRESS",
            DefaultValueFactory = _ => "127.0.0.1:2323",
        };
        var data = new Option<DirectoryInfo?>("--data")
        {
            Description = "Folder for data (nothing is stored yet). Default: LONGWIRE_DATA, or the system's own place",
            HelpName = "DIR",
        };
        var serve = new Command("serve", "Push this machine's live status to everyone who watches (the default)");
        var root = new RootCommand("Longwire: live status for everyone who watches. Try: nc 127.0.0.1 2323")
        {
            serve,
        };
        foreach (Command command in new[] { root, serve })
        {
            command.Options.Add(telnet);
            command.Options.Add(data);
            command.SetAction((arguments, cancellation) => ServeCommand.RunAsync(
                arguments.GetRequiredValue(telnet), DataFolder.Resolve(arguments.GetValue(data)), cancellation));
        }
        ParseResult parsed = root.Parse(args);
        // The host handles SIGTERM and Ctrl-C itself: it drains.
        var invocation = new InvocationConfiguration { ProcessTerminationTimeout = null };
        int code = await parsed.InvokeAsync(invocation);
        return parsed.Errors.Count > 0 ? UsageError : code;
    }
}
