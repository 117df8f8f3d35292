using System.CommandLine;
using Longwire.Load;

var root = new RootCommand("longwire-load: many cheap clients of a server that speaks the PushLab protocol")
{
    FanoutScenario.Command, EchoScenario.Command, IdleScenario.Command, DrainScenario.Command,
    Longwire.Load.Reporting.ReportCommand.Command,
};
try
{
    return await root.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
}
catch (Exception exception)
    when (exception is InvalidOperationException or ArgumentException or OperationCanceledException)
{
    Console.Error.WriteLine(exception.Message);
    return 2;
}
