using System.Text;
using Longwire.Hosting.Settings;
using Longwire.Service.Console;

namespace Longwire.Service.Configuration;

/// <summary>The configuration file that <c>longwire config init</c> writes: every setting, commented.</summary>
/// <remarks>
/// What has a default is commented out, with its default, so that the file says what counts anyway. Commas at an end
/// are allowed, so a line works as soon as its <c>//</c> is gone.
/// </remarks>
internal static class CommentedFile
{
    private const string Indent = "  ";
    private const int On = int.MaxValue; // no column from which on a line is commented out

    /// <summary>Sections that change something by being there, so they are commented out as a whole.</summary>
    private static readonly string[] s_optional =
        ["hub:topics", "endpoints:console:tls", "endpoints:console:negotiate", "endpoints:console:deflate"];

    private static readonly string[] s_intro =
    [
        "The configuration of Longwire: JSON with comments, and commas at an end are allowed.",
        "",
        "What is commented out is the default. A variable of the environment counts more than this file, with",
        "__ between the names: LONGWIRE__LIMITS__MAXCONNECTIONS=5000. An option of the command line counts most.",
        "Times are written 500ms, 10s, 5min, 1h; sizes 4096, 64KiB, 1MiB, 1GiB.",
        "",
        "longwire config check   says what is wrong        longwire config   shows what counts, and why",
    ];

    /// <summary>The file.</summary>
    public static string Text { get; } = Write();

    private static string Write()
    {
        var text = new StringBuilder();
        foreach (string line in s_intro)
            text.Append($"// {line}".TrimEnd()).Append('\n');
        text.Append("{\n").Append(Indent).Append("\"longwire\": {\n");
        IEnumerable<SettingDescription> settings = SettingCatalog.All.Select(
            static setting => setting with
            {
                Key = setting.Key.Replace("endpoints:*:", $"endpoints:{LineConsole.Name}:", StringComparison.Ordinal),
            });
        WriteSection(text, "", [.. settings], 2, On);
        return text.Append(Indent).Append("},\n}\n").ToString();
    }

    /// <summary>Writes the settings of a section, and the sections below it, at their first setting.</summary>
    private static void WriteSection(
        StringBuilder text, string prefix, SettingDescription[] settings, int depth, int off)
    {
        foreach (IGrouping<string, SettingDescription> group in settings.GroupBy(
            setting => setting.Key[prefix.Length..].Split(':')[0]))
        {
            SettingDescription[] members = [.. group];
            if (members is [{ } leaf] && leaf.Key == prefix + group.Key)
                WriteSetting(text, leaf, group.Key, depth, off);
            else
                WriteNested(text, prefix + group.Key, group.Key, members, depth, off);
        }
    }

    private static void WriteNested(
        StringBuilder text, string key, string name, SettingDescription[] members, int depth, int off)
    {
        bool isList = members[0].Key.StartsWith($"{key}:{SettingCatalog.Any}", StringComparison.Ordinal);
        if (isList && members is [{ } texts])
        {
            Line(text, depth, off, $"// {texts.Meaning}");
            Line(text, depth, Math.Min(off, depth), $"\"{name}\": [\"{texts.Example}\"],");
            return;
        }
        int here = s_optional.Contains(key) ? Math.Min(off, depth) : off;
        Line(text, depth, here, isList ? $"\"{name}\": [{{" : $"\"{name}\": {{");
        WriteSection(text, isList ? $"{key}:{SettingCatalog.Any}:" : $"{key}:", members, depth + 1, here);
        Line(text, depth, here, isList ? "}]," : "},");
    }

    private static void WriteSetting(
        StringBuilder text, SettingDescription setting, string name, int depth, int off)
    {
        string value = setting.Default.Length > 0 ? setting.Default : setting.Example;
        string choices = setting.IsChoice ? $" ({setting.Values})" : "";
        Line(text, depth, off, $"// {setting.Meaning}{choices}");
        // The one thing that must be there: without an endpoint nobody could connect.
        int here = name == "listen" ? off : Math.Min(off, depth);
        Line(text, depth, here, setting.IsBare ? $"\"{name}\": {value}," : $"\"{name}\": \"{value}\",");
    }

    /// <summary>A line, commented out from the column of <paramref name="off"/> on.</summary>
    private static void Line(StringBuilder text, int depth, int off, string line)
    {
        for (int i = 0; i < depth; i++)
            text.Append(i == off ? "// " : "").Append(Indent);
        text.Append(off == depth ? "// " : "").Append(line).Append('\n');
    }
}
