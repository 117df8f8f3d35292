using System.Net;
using System.Net.Sockets;
using System.Runtime.CompilerServices;
using System.Text.RegularExpressions;
using Longwire.Service.Hosting;

namespace Longwire.Service.Tests;

/// <summary>Every mistake of <c>docs/service/mistakes.md</c>, made for real: its message is the golden one.</summary>
public sealed partial class MistakeTests
{
    private const string Shown = "/etc/longwire/longwire.json";
    private const string BusyPort = "8883";
    private const string NeedsNoPrivilege = "A port below 1024 without the privilege";

    private static readonly Dictionary<string, Mistake> s_mistakes = Read();

    public static TheoryData<string> Names => [.. s_mistakes.Keys];

    [Fact]
    public void There_are_enough() => Assert.True(s_mistakes.Count >= 40);

    [Theory]
    [MemberData(nameof(Names))]
    public async Task It_is_told_with_its_key_and_its_cure(string name)
    {
        Assert.SkipWhen(OperatingSystem.IsWindows(), "The paths are those of Unix.");
        Assert.SkipWhen(name == NeedsNoPrivilege && Environment.IsPrivilegedProcess, "This user may.");
        Mistake mistake = s_mistakes[name];
        string folder = Directory.CreateTempSubdirectory("longwire-mistake-").FullName;
        try
        {
            string file = Path.Combine(folder, "longwire.json");
            using var busy = new TcpListener(IPAddress.Loopback, 0);
            busy.Start();
            string port = $"{((IPEndPoint)busy.LocalEndpoint).Port}";
            if (mistake.File is { } text)
            {
                await File.WriteAllTextAsync(file,
                    text.Replace(Shown, file).Replace(BusyPort, port), TestContext.Current.CancellationToken);
                mistake.Environment["LONGWIRE_CONFIG"] = file;
            }
            using var output = new StringWriter { NewLine = "\n" };
            using var error = new StringWriter { NewLine = "\n" };
            int code = await LongwireCommand.RunAsync(mistake.Arguments, output, error, mistake.Environment)
                .WaitAsync(LineClient.Deadline, TestContext.Current.CancellationToken);
            string said = error.ToString().Replace(file, Shown).Replace($":{port}:", $":{BusyPort}:");
            Assert.Equal(mistake.Said, Descriptors().Replace(said, "may open 1024"));
            Assert.Equal("", output.ToString());
            bool isOption = mistake.Said.EndsWith("; see longwire --help\n", StringComparison.Ordinal);
            Assert.Equal(isOption ? ExitCodes.Usage : ExitCodes.Failure, code);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Dictionary<string, Mistake> Read()
    {
        string text = File.ReadAllText(Document());
        return Section().Matches(text.ReplaceLineEndings("\n")).ToDictionary(
            static section => section.Groups["name"].Value,
            static section =>
            {
                string[] words = section.Groups["command"].Value.Split(' ');
                int program = Array.IndexOf(words, "longwire");
                return new Mistake(
                    section.Groups["file"] is { Success: true } file ? file.Value : null,
                    words[..program].Select(static word => word.Split('=')).ToDictionary(
                        static pair => pair[0], static pair => pair[1]),
                    words[(program + 1)..],
                    section.Groups["said"].Value);
            });
    }

    private static string Document([CallerFilePath] string here = "") =>
        Path.Combine(Path.GetDirectoryName(here)!, "../../docs/service/mistakes.md");

    [GeneratedRegex(
        @"^## (?<name>.+)\n\n(```json\n(?<file>(?s:.*?))\n```\n\n)?```console\n\$ (?<command>.+)\n"
        + "(?<said>(?s:.*?))```$",
        RegexOptions.Multiline)]
    private static partial Regex Section();

    [GeneratedRegex(@"may open \d+")]
    private static partial Regex Descriptors();

    /// <summary>A file, a command, and what it says.</summary>
    private sealed record Mistake(
        string? File, Dictionary<string, string> Environment, string[] Arguments, string Said);
}
