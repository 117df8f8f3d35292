// A program that tells its status to whoever watches, and takes commands.
//   dotnet run --project samples/StatusFeed -- serve
//   dotnet run --project samples/StatusFeed -- serve --listen tcp://127.0.0.1:0
//   dotnet run --project samples/StatusFeed -- watch
//   dotnet run --project samples/StatusFeed -- command pause import
using System.CommandLine;
using Longwire;
using Longwire.Samples.StatusFeed;

var listen = new Option<string>("--listen")
{
    Description = "where clients connect; port 0 lets the system choose",
    DefaultValueFactory = _ => "tcp://127.0.0.1:2324",
};
var serve = new Command("serve", "Publish the status of a few jobs, and take commands") { listen };
serve.SetAction((arguments, cancellation) => ServeAsync(arguments.GetValue(listen)!, cancellation));
var server = new Option<string>("--server")
{
    Description = "where the server is",
    DefaultValueFactory = _ => "tcp://127.0.0.1:2324",
};
var watch = new Command("watch", "Follow the jobs") { server };
watch.SetAction(async (arguments, cancellation) =>
{
    await StatusClient.WatchAsync(arguments.GetValue(server)!, Console.Out, cancellation);
    return 0;
});
var name = new Argument<string>("NAME") { Description = "pause or resume" };
var job = new Argument<string>("JOB") { Description = "import, backup or report" };
var command = new Command("command", "Send a command, and print what the server says") { name, job, server };
command.SetAction(async (arguments, _) =>
{
    try
    {
        Console.WriteLine(await StatusClient.CommandAsync(
            arguments.GetValue(server)!, arguments.GetValue(name)!, arguments.GetValue(job)!));
        return 0;
    }
    catch (Exception failed) when (failed is FeedException or TimeoutException or IOException)
    {
        await Console.Error.WriteLineAsync(failed.Message);
        return 1;
    }
});
// The server drains on SIGTERM by itself, for as long as its limit says; the parser would end the process after 2 s.
return await new RootCommand("StatusFeed: status out, commands in") { serve, watch, command }
    .Parse(args)
    .InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });

static async Task<int> ServeAsync(string listen, CancellationToken cancellation)
{
    await using var server = new StatusServer(listen, TimeProvider.System);
    await server.StartAsync(cancellation);
    Console.WriteLine($"Status on {server.Address}; Ctrl-C ends.");
    await server.WaitForShutdownAsync(cancellation);
    return 0;
}
