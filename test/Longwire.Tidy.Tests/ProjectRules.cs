using System.Xml;
using System.Xml.Linq;

namespace Longwire.Tidy.Tests;

/// <summary>What the project files say about each other: arrows, packages, public API files.</summary>
internal static class ProjectRules
{
    private const string Table = $"{nameof(ProjectRules)}.{nameof(Arrows)}";

    private static readonly string[] ServerAndBelow =
        ["Longwire.Server", "Longwire.Hub", "Longwire.Framing", "Longwire.Transport", "Longwire.Primitives"];

    private static readonly string[] ProtocolsAndBelow =
    [
        "Longwire.Protocols.Feed", "Longwire.Protocols.Feed.Codec", "Longwire.Protocols.Telnet",
        "Longwire.Protocols.Mqtt", "Longwire.Redis",
        .. ServerAndBelow,
    ];

    /// <summary>What each project of src may refer to: the arrows of the architecture.</summary>
    internal static readonly Dictionary<string, string[]> Arrows = new(StringComparer.Ordinal)
    {
        ["Longwire.Primitives"] = [],
        ["Longwire.Framing"] = ["Longwire.Primitives"],
        ["Longwire.Transport"] = ["Longwire.Primitives"],
        ["Longwire.Hub"] = ["Longwire.Primitives"],
        ["Longwire.Server"] = ServerAndBelow[1..],
        ["Longwire.Testing"] = ServerAndBelow,
        ["Longwire.Protocols.Feed.Codec"] = ["Longwire.Framing", "Longwire.Primitives"],
        ["Longwire.Protocols.Feed"] = ["Longwire.Protocols.Feed.Codec", .. ServerAndBelow],
        ["Longwire.Protocols.Telnet"] = ServerAndBelow,
        ["Longwire.Protocols.Mqtt"] = ServerAndBelow,
        ["Longwire.Redis"] = ServerAndBelow,
        ["Longwire.Client"] = ["Longwire.Protocols.Feed.Codec", .. ServerAndBelow[1..]], // the hub's for its filters
        ["Longwire.Hosting"] = ProtocolsAndBelow,
        ["Longwire.Web"] = ProtocolsAndBelow,
        ["Longwire.Storage"] = ProtocolsAndBelow,
    };

    /// <summary>Packages whose first project is being written; a name goes once its package is used.</summary>
    private static readonly string[] Awaited = [];

    internal static IEnumerable<Violation> CheckArrows(IReadOnlyCollection<SourceFile> projects)
    {
        foreach (SourceFile project in projects)
        {
            string[]? allowed = null;
            if (project.IsUnder("src") && !Arrows.TryGetValue(project.Name, out allowed))
                yield return project.At(1, $"{project.Name} is unknown: add it to {Table}");
            foreach ((string target, int line) in References(project))
            {
                bool points = allowed is not null
                    ? target.StartsWith("src/", StringComparison.Ordinal) && allowed.Contains(NameOf(target))
                    : MayRefer(project, target);
                if (!points)
                    yield return project.At(line, $"{project.Name} may not refer to {target}");
                if (ReachesBack(projects, project, target))
                    yield return project.At(line, $"the reference to {target} closes a cycle");
            }
        }
    }

    internal static IEnumerable<Violation> CheckPackages(SourceFile versions, IReadOnlyCollection<SourceFile> projects)
    {
        HashSet<string> used = [.. projects.SelectMany(project => XDocument.Parse(project.Text)
            .Descendants("PackageReference").Select(reference => (string?)reference.Attribute("Include") ?? ""))];
        XDocument list = XDocument.Parse(versions.Text, LoadOptions.SetLineInfo);
        foreach (XElement version in list.Descendants("PackageVersion"))
        {
            string name = (string?)version.Attribute("Include") ?? "";
            int line = ((IXmlLineInfo)version).LineNumber;
            if (line < 2 || !versions.Lines[line - 2].TrimStart().StartsWith("<!--", StringComparison.Ordinal))
                yield return versions.At(line, $"{name} has no line above it that says why it is needed");
            if (used.Contains(name) && Awaited.Contains(name))
                yield return versions.At(line, $"{name} is used now: take it out of ProjectRules.{nameof(Awaited)}");
            else if (!used.Contains(name) && !Awaited.Contains(name))
                yield return versions.At(line, $"{name} is used by no project");
        }
    }

    internal static IEnumerable<Violation> CheckPublicApi(
        IEnumerable<SourceFile> projects, IReadOnlyCollection<SourceFile> apiFiles)
    {
        foreach (SourceFile project in projects.Where(project => project.IsUnder("src")))
        {
            foreach (string name in (string[])["PublicAPI.Shipped.txt", "PublicAPI.Unshipped.txt"])
            {
                SourceFile? api = apiFiles.FirstOrDefault(file => file.Path == $"{project.Folder}/{name}");
                if (api is null)
                    yield return project.At(1, $"{name} is missing beside the project");
                else if (api.Lines[0].TrimStart('\uFEFF') != "#nullable enable")
                    yield return api.At(1, "the first line is not '#nullable enable'");
            }
        }
    }

    /// <summary>Each library goes to its users in one package: as a reference that is private to its project.</summary>
    internal static IEnumerable<Violation> CheckPacked(IReadOnlyCollection<SourceFile> projects)
    {
        ILookup<string, SourceFile> packages = projects.Where(project => project.IsUnder("packages"))
            .SelectMany(package => References(package), (package, reference) => (package, reference.Target))
            .ToLookup(pair => pair.Target, pair => pair.package);
        foreach (SourceFile library in projects.Where(project => project.IsUnder("src")))
        {
            string[] names = [.. packages[library.Path].Select(package => package.Path)];
            if (names.Length != 1)
            {
                yield return library.At(
                    1, $"{library.Name} has to be in one package, not in: {string.Join(", ", names)}");
            }
        }
    }

    private static IEnumerable<(string Target, int Line)> References(SourceFile project) =>
        from reference in XDocument.Parse(project.Text, LoadOptions.SetLineInfo).Descendants("ProjectReference")
        let target = Resolve(project.Folder, (string?)reference.Attribute("Include") ?? "")
        select (target, ((IXmlLineInfo)reference).LineNumber);

    private static string Resolve(string folder, string relative)
    {
        string root = Path.GetFullPath("/"); // any absolute folder will do; only the relative result matters
        string full = Path.GetFullPath(Path.Combine(root, folder, relative.Replace('\\', '/')));
        return Path.GetRelativePath(root, full).Replace('\\', '/');
    }

    private static bool MayRefer(SourceFile project, string target)
    {
        if (project.IsUnder("test", "bench"))
            return true;
        if (project.IsUnder("packages") && target.StartsWith("packages/", StringComparison.Ordinal))
            return true; // one package depends on another
        return target.StartsWith("src/", StringComparison.Ordinal) && !project.IsUnder("src");
    }

    private static bool ReachesBack(IReadOnlyCollection<SourceFile> projects, SourceFile from, string target)
    {
        var open = new Stack<string>([target]);
        var seen = new HashSet<string>(StringComparer.Ordinal);
        while (open.TryPop(out string? path))
        {
            if (path == from.Path)
                return true;
            if (seen.Add(path) && projects.FirstOrDefault(project => project.Path == path) is { } next)
            {
                foreach ((string further, _) in References(next))
                    open.Push(further);
            }
        }
        return false;
    }

    private static string NameOf(string path) => Path.GetFileNameWithoutExtension(path);
}
