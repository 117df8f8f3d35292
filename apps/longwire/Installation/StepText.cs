using System.Text;

namespace Longwire.Service.Installation;

/// <summary>Steps as what somebody would type: a script for sh, or commands for cmd.exe.</summary>
internal static class StepText
{
    private const string Plain = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789/._-=+:,@";

    public static string ForShell(IEnumerable<InstallStep> steps) => Lines(steps.Select(static step => step switch
    {
        InstallStep.WriteUnit write => $"""
            mkdir -p {QuoteForShell(Path.GetDirectoryName(write.Path)!)}
            cat >{QuoteForShell(write.Path)} <<'END'
            {write.Text}END
            """.ReplaceLineEndings("\n"),
        InstallStep.DeleteUnit delete => $"rm {QuoteForShell(delete.Path)}",
        InstallStep.Run run => OneLine(run) + (run.MayFail ? " || true" : ""),
        _ => throw new ArgumentOutOfRangeException(nameof(steps)),
    }));

    public static string ForCmd(IEnumerable<InstallStep> steps) => Lines(steps.Cast<InstallStep.Run>()
        .Select(static run => string.Join(' ', run.Arguments.Prepend(run.Program).Select(QuoteForCmd))));

    /// <summary>A program and its arguments, as a shell reads them.</summary>
    public static string OneLine(InstallStep.Run run) =>
        string.Join(' ', run.Arguments.Prepend(run.Program).Select(QuoteForShell));

    private static string Lines(IEnumerable<string> steps) =>
        steps.Aggregate(new StringBuilder(), static (text, step) => text.Append(step).Append('\n')).ToString();

    private static string QuoteForShell(string word) => IsPlain(word)
        ? word
        : $"'{word.Replace("'", @"'\''", StringComparison.Ordinal)}'";

    private static string QuoteForCmd(string word) => IsPlain(word.Replace('\\', '/'))
        ? word
        : $"\"{word.Replace("\"", "\\\"", StringComparison.Ordinal)}\"";

    private static bool IsPlain(string word) => word.Length > 0 && word.All(Plain.Contains);
}
