using System.CommandLine;
using Longwire.Load.Comparing;
using Longwire.Load.Crews;
using Longwire.Load.Reporting;
using Longwire.Load.Scenarios;

var root = new RootCommand("longwire-load: many cheap clients, and what they cost a server");
foreach (Scenario scenario in Scenario.All)
    root.Add(ScenarioCommand.Create(scenario));
root.Add(DrainCommand.Create());
root.Add(ReportCommand.Command);
root.Add(CompareCommand.Create());
root.Add(WorkerCommand.Create());
try
{
    return await root.Parse(args).InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false });
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
