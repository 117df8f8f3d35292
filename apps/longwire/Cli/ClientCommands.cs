using System.CommandLine;
using System.Text.Json;
using Longwire.Service.Hosting;
using Longwire.Transport.Layers;

namespace Longwire.Service.Cli;

/// <summary>The commands that ask a server over Feed: watch, get, publish, who, stats, kick.</summary>
internal static class ClientCommands
{
    public static IEnumerable<Command> Create(CommandContext context)
    {
        var options = new ClientOptions();
        yield return WatchCommand.Create(options, context);
        yield return Get(options, context);
        yield return Publish(options, context);
        yield return Who(options, context);
        yield return Stats(options, context);
        yield return Kick(options, context);
    }

    /// <summary>Runs a command; what goes wrong is told in one line.</summary>
    public static async Task<int> RunAsync(
        string name, ClientOptions options, ParseResult arguments, CommandContext context,
        Func<FeedClient, Task<int>> run)
    {
        try
        {
            await using FeedClient client = options.Connect(arguments, context);
            return await run(client);
        }
        catch (FeedException refused)
        {
            return await context.FailAsync(ExitCodes.Failure, $"{name}: {refused.Message}");
        }
        catch (TimeoutException late)
        {
            return await context.FailAsync(ExitCodes.Unreachable, $"{name}: {late.Message}");
        }
        catch (IOException lost) when (lost is not CertificateException)
        {
            return await context.FailAsync(ExitCodes.Unreachable, $"{name}: {lost.Message}");
        }
        catch (Exception wrong) when (wrong is ArgumentException or FormatException or CertificateException)
        {
            return await context.FailAsync(ExitCodes.Usage, $"{name}: {wrong.Message}");
        }
    }

    private static Command Get(ClientOptions options, CommandContext context)
    {
        Argument<string[]> filters = Filters("What to get: topics such as host/cpu, or filters such as 'host/#'");
        var command = new Command("get", "Prints the latest values, once") { filters };
        options.AddTo(command);
        command.SetAction((arguments, _) => RunAsync("get", options, arguments, context, async client =>
        {
            bool isJson = options.IsJson(arguments);
            int count = 0;
            foreach (string filter in arguments.GetValue(filters)!)
            {
                IReadOnlyList<FeedUpdate> values = await client.GetAsync(filter, options.Timeout(arguments));
                foreach (FeedUpdate value in values.OrderBy(static one => one.Topic, StringComparer.Ordinal))
                    await context.Output.WriteLineAsync(isJson ? UpdateText.Json(value) : UpdateText.Line(value));
                count += values.Count;
            }
            if (count > 0)
                return ExitCodes.Success;
            return await context.FailAsync(ExitCodes.Failure, "get: no topic holds a value there");
        }));
        return command;
    }

    private static Command Publish(ClientOptions options, CommandContext context)
    {
        var topic = new Argument<string>("TOPIC") { Description = "The topic, such as demo/lamp" };
        var message = new Argument<string>("MESSAGE")
        {
            Description = "The message, JSON as a rule; - reads standard input to its end",
            DefaultValueFactory = static _ => "-",
        };
        var command = new Command("publish", "Publishes a message to a topic, and prints its sequence number")
        {
            topic,
            message,
        };
        options.AddTo(command);
        command.SetAction((arguments, _) => RunAsync("publish", options, arguments, context, async client =>
        {
            string name = arguments.GetValue(topic)!;
            string text = arguments.GetValue(message)!;
            byte[] payload = text == "-" ? await ReadInputAsync() : System.Text.Encoding.UTF8.GetBytes(text);
            long sequence = await client.PublishAsync(name, payload, options.Timeout(arguments));
            await context.Output.WriteLineAsync(options.IsJson(arguments)
                ? JsonSerializer.Serialize(new Published(name, sequence), CliJson.Default.Published)
                : $"{name} {sequence}");
            return ExitCodes.Success;
        }));
        return command;
    }

    private static Command Who(ClientOptions options, CommandContext context)
    {
        var command = new Command("who", "Lists the server's connections");
        options.AddTo(command);
        command.SetAction((arguments, _) => RunAsync("who", options, arguments, context, async client =>
        {
            var all = new List<JsonElement>();
            while (true)
            {
                long after = all.Count == 0 ? 0 : all[^1].GetProperty("id").GetInt64();
                JsonElement page = Parse(await client.RequestAsync(
                    "who", $$"""{"after":{{after}}}""", options.Timeout(arguments)));
                all.AddRange(page.EnumerateArray());
                if (page.GetArrayLength() < Feed.ServiceCommands.MaxPage)
                    break;
            }
            if (options.IsJson(arguments))
                await context.Output.WriteLineAsync($"[{string.Join(',', all.Select(static c => c.GetRawText()))}]");
            else
                JsonTable.Write(context.Terminal, all);
            return ExitCodes.Success;
        }));
        return command;
    }

    private static Command Stats(ClientOptions options, CommandContext context)
    {
        var command = new Command("stats", "Prints the server's counts");
        options.AddTo(command);
        command.SetAction((arguments, _) => RunAsync("stats", options, arguments, context, async client =>
        {
            string reply = await client.RequestAsync("stats", "", options.Timeout(arguments));
            if (options.IsJson(arguments))
                await context.Output.WriteLineAsync(reply);
            else
                JsonTable.Write(context.Terminal, Parse(reply));
            return ExitCodes.Success;
        }));
        return command;
    }

    private static Command Kick(ClientOptions options, CommandContext context)
    {
        var id = new Argument<long>("ID") { Description = "The connection's id; longwire who lists them" };
        var reason = new Argument<string?>("REASON")
        {
            Description = "Why, for the server's log",
            Arity = ArgumentArity.ZeroOrOne,
        };
        var command = new Command("kick", "Closes a connection of the server") { id, reason };
        options.AddTo(command);
        command.SetAction((arguments, _) => RunAsync("kick", options, arguments, context, async client =>
        {
            string argument = JsonSerializer.Serialize(
                new Kicking(arguments.GetValue(id), arguments.GetValue(reason)), CliJson.Default.Kicking);
            string reply = await client.RequestAsync("kick", argument, options.Timeout(arguments));
            JsonElement kicked = Parse(reply);
            await context.Output.WriteLineAsync(options.IsJson(arguments)
                ? reply
                : $"closing connection {kicked.GetProperty("id")} from {kicked.GetProperty("address")}");
            return ExitCodes.Success;
        }));
        return command;
    }

    public static Argument<string[]> Filters(string description) => new("FILTER")
    {
        Description = description,
        Arity = ArgumentArity.OneOrMore,
    };

    /// <summary>Standard input to its end.</summary>
    private static async Task<byte[]> ReadInputAsync()
    {
        var input = new MemoryStream();
        await using Stream standard = System.Console.OpenStandardInput();
        await standard.CopyToAsync(input);
        return input.ToArray();
    }

    private static JsonElement Parse(string json) => JsonDocument.Parse(json).RootElement;
}
