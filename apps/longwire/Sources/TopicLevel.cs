using System.Globalization;
using System.Text;

namespace Longwire.Service.Sources;

/// <summary>Turns names of this machine into one topic level, each name into a level of its own.</summary>
/// <remarks>
/// What a level or a reader could mistake (<c>/ + # %</c>, spaces, control characters, lone surrogates) is written as
/// <c>%XX</c> of its UTF-8 bytes. In a path <c>/</c> becomes <c>-</c>, so there <c>-</c> itself becomes <c>%2D</c>.
/// </remarks>
internal static class TopicLevel
{
    /// <summary>A plain name, such as that of a network interface.</summary>
    public static string FromName(string name) => name.Length == 0 ? "%" : Escape(name, reserved: "");

    /// <summary>
    /// <c>/</c> → <c>root</c>, <c>/var/log</c> → <c>var-log</c>, <c>/my-disk</c> → <c>my%2Ddisk</c>.
    /// </summary>
    /// <remarks>The mount <c>/root</c> is <c>-root</c>: the short word belongs to <c>/</c>.</remarks>
    public static string FromPath(string path)
    {
        string trimmed = path.Trim('/');
        if (trimmed.Length == 0)
            return "root";
        string level = string.Join('-', trimmed.Split('/').Select(part => Escape(part, reserved: "-")));
        return level == "root" ? "-root" : level;
    }

    /// <summary><c>C:\</c> → <c>C</c>, <c>C:\mnt\x</c> → <c>C-mnt-x</c>.</summary>
    public static string FromDrive(string drive) =>
        drive.Contains(":\\", StringComparison.Ordinal)
            ? FromPath(drive.Replace(":\\", "/", StringComparison.Ordinal).Replace('\\', '/'))
            : FromPath(drive);

    /// <summary>Whether every level is there and none is a wildcard.</summary>
    public static bool IsPublishable(string topic) =>
        topic.Length > 0 && topic[0] != '/' && topic[^1] != '/' && topic.AsSpan().IndexOfAny("+#\0") < 0 &&
        !topic.Contains("//", StringComparison.Ordinal);

    private static string Escape(string name, string reserved)
    {
        StringBuilder level = new(name.Length);
        Span<byte> utf8 = stackalloc byte[4];
        foreach (Rune rune in name.EnumerateRunes())
        {
            bool plain = !Rune.IsControl(rune) && !Rune.IsWhiteSpace(rune) && rune != Rune.ReplacementChar &&
                !(rune.IsAscii && ("/+#%".Contains((char)rune.Value) || reserved.Contains((char)rune.Value)));
            if (plain)
            {
                level.Append(rune.ToString());
                continue;
            }
            foreach (byte part in utf8[..rune.EncodeToUtf8(utf8)])
                level.Append(CultureInfo.InvariantCulture, $"%{part:X2}");
        }
        return level.ToString();
    }
}
