using System.CommandLine;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Threading.Channels;
using Longwire.Service.Hosting;
using Spectre.Console;

namespace Longwire.Service.Cli;

/// <summary><c>longwire watch FILTER…</c>: the latest values, and each new one as it comes.</summary>
internal static class WatchCommand
{
    private const int Interrupted = 130; // what a shell expects after Ctrl-C: 128 and the signal's number
    private const int MaxUpdates = 1024; // on their way from the subscriptions to the output

    private static readonly TimeSpan s_frame = TimeSpan.FromMilliseconds(200); // between two pictures of the table

    public static Command Create(ClientOptions options, CommandContext context)
    {
        Argument<string[]> filters = ClientCommands.Filters(
            "What to watch: topics such as host/cpu, or filters such as 'host/#'");
        var count = new Option<long>("--count")
        {
            HelpName = "N",
            Description = "Prints lines, and ends after so many values [default: never]",
        };
        var lines = new Option<bool>("--lines")
        {
            Description = "Prints a line for each value also on a terminal, where a table is shown else",
        };
        var command = new Command("watch", "Shows the latest values, and each new one as it comes")
        {
            filters, count, lines,
        };
        options.AddTo(command, waits: false);
        command.SetAction((arguments, _) =>
        {
            return ClientCommands.RunAsync("watch", options, arguments, context, WatchAsync);

            async Task<int> WatchAsync(FeedClient client)
            {
                client.StatusChanged += status => Tell(context, status);
                using var ends = new CancellationTokenSource();
                using PosixSignalRegistration interrupt = PosixSignalRegistration.Create(PosixSignal.SIGINT, signal =>
                {
                    signal.Cancel = true;
                    ends.Cancel();
                });
                IAsyncEnumerable<FeedUpdate> updates = All(client, arguments.GetValue(filters)!, ends.Token);
                bool asTable = context.IsTerminal && !options.IsJson(arguments) && !arguments.GetValue(lines)
                    && arguments.GetValue(count) == 0;
                try
                {
                    await (asTable
                        ? ShowTableAsync(updates, context, ends.Token)
                        : PrintAsync(updates, options.IsJson(arguments), arguments.GetValue(count), context));
                    return ExitCodes.Success;
                }
                catch (OperationCanceledException) when (ends.IsCancellationRequested)
                {
                    return Interrupted;
                }
            }
        });
        return command;
    }

    private static async Task PrintAsync(
        IAsyncEnumerable<FeedUpdate> updates, bool isJson, long count, CommandContext context)
    {
        long values = 0;
        await foreach (FeedUpdate update in updates)
        {
            bool isValue = update.Kind == FeedUpdateKind.Value;
            // Comments are for people: standard output is values only, so that a script need not sort them out.
            TextWriter to = isValue || isJson ? context.Output : context.Error;
            await to.WriteLineAsync(isJson ? UpdateText.Json(update) : UpdateText.Line(update));
            await to.FlushAsync();
            if (isValue && ++values == count)
                return;
        }
    }

    /// <summary>The newest value of each topic in place, as many as the window has room for.</summary>
    private static async Task ShowTableAsync(
        IAsyncEnumerable<FeedUpdate> updates, CommandContext context, CancellationToken cancellation)
    {
        var newest = new SortedDictionary<string, string>(StringComparer.Ordinal);
        var gate = new Lock();
        Task reading = ReadAsync();
        await context.Terminal.Live(Picture()).AutoClear(false).StartAsync(async live =>
        {
            using var frames = new PeriodicTimer(s_frame);
            while (!reading.IsCompleted && await frames.WaitForNextTickAsync(cancellation))
            {
                live.UpdateTarget(Picture());
                live.Refresh();
            }
        });
        await reading;

        async Task ReadAsync()
        {
            await foreach (FeedUpdate update in updates)
            {
                lock (gate)
                {
                    if (update.Kind == FeedUpdateKind.Value)
                        newest[update.Topic] = UpdateText.Cell(update.Payload);
                    else if (update.Kind == FeedUpdateKind.Stale && newest.TryGetValue(update.Topic, out string? old))
                        newest[update.Topic] = $"(stale) {old}";
                    else if (update.Kind == FeedUpdateKind.Restarted)
                        newest.Clear();
                }
            }
        }

        Table Picture()
        {
            int width = Math.Max(20, context.Terminal.Profile.Width);
            int height = Math.Max(5, context.Terminal.Profile.Height);
            lock (gate)
            {
                int room = height - 3;
                int topicWidth = newest.Count == 0 ? 5 : newest.Keys.Take(room).Max(static topic => topic.Length);
                var table = new Table().NoBorder();
                table.AddColumn("[grey]topic[/]", static at => at.NoWrap());
                table.AddColumn("[grey]value[/]", static at => at.NoWrap());
                foreach ((string topic, string value) in newest.Take(room))
                {
                    int most = Math.Max(8, width - topicWidth - 4);
                    table.AddRow(
                        new Text(topic, new Style(Color.Aqua)),
                        new Text(value.Length > most ? $"{value[..(most - 1)]}…" : value));
                }
                if (newest.Count > room)
                {
                    string more = (newest.Count - room).ToString(CultureInfo.InvariantCulture);
                    table.AddRow(new Text($"… {more} more"), new Text("a longer filter, or --lines, shows them"));
                }
                return table;
            }
        }
    }

    /// <summary>All filters' updates in one stream, as they come.</summary>
    private static async IAsyncEnumerable<FeedUpdate> All(
        FeedClient client, string[] filters,
        [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellation)
    {
        var merged = Channel.CreateBounded<FeedUpdate>(MaxUpdates);
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        IAsyncEnumerable<FeedUpdate>[] each =
            [.. filters.Distinct().Select(filter => client.Subscribe(filter, null, stop.Token))];
        Task reading = Task.WhenAll(each.Select(ReadAsync));
        try
        {
            await foreach (FeedUpdate update in merged.Reader.ReadAllAsync(cancellation))
                yield return update;
        }
        finally
        {
            await stop.CancelAsync();
            await reading.ContinueWith(static _ => { }, TaskScheduler.Default);
        }

        async Task ReadAsync(IAsyncEnumerable<FeedUpdate> updates)
        {
            try
            {
                await foreach (FeedUpdate update in updates)
                    await merged.Writer.WriteAsync(update, stop.Token);
            }
            catch (Exception failed)
            {
                merged.Writer.TryComplete(failed); // one that is refused ends the command, which says so
            }
        }
    }

    private static void Tell(CommandContext context, ClientStatus status)
    {
        if (status.State == ClientState.Waiting)
        {
            context.Error.WriteLine(
                $"# {status.Server}: {status.Reason}; trying again in {status.Retry.TotalSeconds:0.##} s");
        }
    }
}
