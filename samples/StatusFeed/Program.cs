// A program that tells its status to whoever watches, and takes commands.
//   dotnet run --project samples/StatusFeed -- serve
//   dotnet run --project samples/StatusFeed -- serve --listen tcp://127.0.0.1:0
using System.CommandLine;
using Longwire.Samples.StatusFeed;

var listen = new Option<string>("--listen")
{
    Description = "where clients connect; port 0 lets the system choose",
    DefaultValueFactory = _ => "tcp://127.0.0.1:2324",
};
var serve = new Command("serve", "Publish the status of a few jobs, and take commands") { listen };
serve.SetAction((arguments, cancellation) => ServeAsync(arguments.GetValue(listen)!, cancellation));
// The server drains on SIGTERM by itself, for as long as its limit says; the parser would end the process after 2 s.
return await new RootCommand("StatusFeed: status out, commands in") { serve }.Parse(args)
    .InvokeAsync(new InvocationConfiguration { ProcessTerminationTimeout = null });

static async Task<int> ServeAsync(string listen, CancellationToken cancellation)
{
    await using var server = new StatusServer(listen, TimeProvider.System);
    await server.StartAsync(cancellation);
    Console.WriteLine($"Status on {server.Address}; Ctrl-C ends.");
    await server.WaitForShutdownAsync(cancellation);
    return 0;
}
