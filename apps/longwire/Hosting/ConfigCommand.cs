using System.CommandLine;
using Longwire.Hosting;
using Longwire.Hosting.Settings;
using Longwire.Service.Configuration;

namespace Longwire.Service.Hosting;

/// <summary>
/// The command line: <c>longwire config</c>, <c>longwire config check</c>, <c>longwire config init [PATH]</c>.
/// </summary>
internal static class ConfigCommand
{
    public static Command Create(ServeOptions options, CommandContext context)
    {
        var check = new Command("check", "Reads the configuration and the certificates, and says what is wrong");
        check.SetAction((arguments, _) => CheckAsync(options, arguments, context));
        var path = new Argument<string?>("PATH")
        {
            Description = "Where to; - is standard output. Default: the user's longwire.json, for root the machine's",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var force = new Option<bool>("--force") { Description = "Writes over a file that is there" };
        var init = new Command("init", "Writes a configuration file with every setting in it, commented")
        {
            path,
            force,
        };
        init.SetAction((arguments, _) => InitAsync(
            arguments.GetValue(path), arguments.GetValue(force) ? FileMode.Create : FileMode.CreateNew, context));
        var config = new Command("config", "Shows the effective settings, and where each comes from") { check, init };
        config.SetAction((arguments, _) => ShowAsync(options, arguments, context));
        return config;
    }

    private static Task<int> ShowAsync(ServeOptions options, ParseResult arguments, CommandContext context) =>
        ServeCommand.WithHostAsync(options, arguments, context, ServiceLog.None, async (configuration, host) =>
        {
            await context.Output.WriteLineAsync($"# file: {configuration.File ?? "none"}");
            (string Key, string Value)[] values =
                [.. SettingCatalog.ValuesOf(host.Settings).Select(static pair => ($"longwire:{pair.Key}", pair.Value))];
            int width = values.Max(static pair => pair.Key.Length + pair.Value.Length) + 3;
            foreach ((string key, string value) in values)
            {
                string pair = $"{key} = {value}".PadRight(width);
                await context.Output.WriteLineAsync($"{pair}  # {configuration.SourceOf(key).Layer}");
            }
            return ExitCodes.Success;
        });

    private static Task<int> CheckAsync(ServeOptions options, ParseResult arguments, CommandContext context) =>
        ServeCommand.WithHostAsync(options, arguments, context, ServiceLog.None, async (configuration, host) =>
        {
            IEnumerable<string> served = host.Status.Endpoints
                .Where(static endpoint => endpoint.Problem is null).Select(static endpoint => endpoint.Name);
            await context.Output.WriteLineAsync(
                $"{configuration.File ?? "no file, defaults only"}: good; endpoints: {string.Join(", ", served)}");
            foreach (EndpointStatus endpoint in host.Status.Endpoints)
            {
                if (endpoint.Problem is { } problem)
                    await context.Output.WriteLineAsync($"left out, as it is not required: {endpoint.Name}: {problem}");
            }
            return ExitCodes.Success;
        });

    private static async Task<int> InitAsync(string? option, FileMode mode, CommandContext context)
    {
        if (option == "-")
        {
            await context.Output.WriteAsync(CommentedFile.Text);
            return ExitCodes.Success;
        }
        string? path = option is null ? ConfigurationFile.StandardPath(context.Variable) : Path.GetFullPath(option);
        if (path is null)
            return await context.FailAsync(
                ExitCodes.Failure, "config init: this user has no folder for configuration; name a file");
        try
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            await using (var file = new FileStream(path, mode, FileAccess.Write))
            await using (var writer = new StreamWriter(file))
                await writer.WriteAsync(CommentedFile.Text);
        }
        catch (IOException) when (mode == FileMode.CreateNew && File.Exists(path))
        {
            return await context.FailAsync(
                ExitCodes.Failure,
                $"config init: '{path}' is there already; name another, or write over it with --force");
        }
        catch (Exception exception) when (exception is IOException or UnauthorizedAccessException)
        {
            return await context.FailAsync(ExitCodes.Failure, $"config init: {exception.Message}");
        }
        string read = path == ConfigurationFile.StandardPath(context.Variable) ? "" : $" --config {path}";
        await context.Output.WriteLineAsync($"""
            Wrote {path}
            Edit it, then:   longwire config check{read}
            and serve with:  longwire{read}
            """);
        return ExitCodes.Success;
    }
}
