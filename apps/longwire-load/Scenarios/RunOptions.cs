using System.CommandLine;
using Longwire.Load.Results;
using Longwire.Load.Servers;

namespace Longwire.Load.Scenarios;

/// <summary>The options that every command has: processes, times, and where the result goes.</summary>
internal sealed class RunOptions
{
    private readonly Option<int> _perProcess;
    private readonly Option<TimeSpan> _settle;
    private readonly Option<string> _json = new("--json") { Description = "a file for the result; its folder exists" };
    private readonly Option<string> _title = new("--title") { Description = "a title for the result" };

    internal RunOptions(TimeSpan usualSettle)
    {
        _settle = OptionTypes.Time("--settle", usualSettle, "how long to wait between connecting and measuring");
        int usual = Descriptors.ConnectionsPerProcess();
        _perProcess = OptionTypes.Count(
            "--per-process", usual, 1, "connections of one process of clients; further ones are started as needed",
            Descriptors.MostPerProcess);
    }

    internal void AddTo(Command command)
    {
        foreach (Option option in (Option[])[_perProcess, _settle, _json, _title])
            command.Add(option);
        // Said before the run, not after it.
        _json.Validators.Add(static result =>
        {
            string? folder = Path.GetDirectoryName(Path.GetFullPath(result.GetValueOrDefault<string>()));
            if (!Directory.Exists(folder))
                result.AddError($"--json: there is no folder {folder}; make it first.");
        });
    }

    internal int PerProcess(ParseResult arguments) => arguments.GetValue(_perProcess);

    internal TimeSpan Settle(ParseResult arguments) => arguments.GetValue(_settle);

    internal string? Title(ParseResult arguments) => arguments.GetValue(_title);

    /// <summary>Prints the summary, writes the file if there is one, and returns the exit code.</summary>
    internal int Finish(LoadResult result, ParseResult arguments)
    {
        arguments.InvocationConfiguration.Output.Write(Summary.Of(result));
        if (arguments.GetValue(_json) is { } file)
            ResultFile.Write(result, file);
        return result.Good ? ExitCodes.Good : ExitCodes.Bad;
    }
}
