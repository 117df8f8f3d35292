using System.CommandLine;
using System.CommandLine.Invocation;
using Longwire.Load.Comparing;
using Longwire.Load.Crews;
using Longwire.Load.Reporting;
using Longwire.Load.Scenarios;
using Longwire.Load.Soaking;

var root = new RootCommand("longwire-load: many cheap clients, and what they cost a server");
foreach (Scenario scenario in Scenario.All)
    root.Add(ScenarioCommand.Create(scenario));
root.Add(SoakCommand.Create());
root.Add(DrainCommand.Create());
root.Add(ReportCommand.Command);
root.Add(CompareCommand.Create());
root.Add(WorkerCommand.Create());
ParseResult parsed = root.Parse(args);
if (parsed.Action is ParseErrorAction error)
    error.ShowHelp = false; // the message names the option and the cure; pages of help would hide it
try
{
    int code = await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
    return parsed.Errors.Count > 0 ? Output.Usage : code;
}
catch (ArgumentException exception)
{
    Console.Error.WriteLine(exception.Message);
    return Output.Usage;
}
catch (Exception exception) when (exception is InvalidOperationException or OperationCanceledException)
{
    Console.Error.WriteLine(exception.Message);
    return Output.Bad;
}
