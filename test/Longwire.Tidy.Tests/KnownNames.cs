using System.Reflection.Metadata;
using System.Reflection.PortableExecutable;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace Longwire.Tidy.Tests;

/// <summary>The names of code that a document may use: the repository's own and the platform's.</summary>
internal static class KnownNames
{
    /// <summary>Names of build properties and the like, which are declared nowhere that can be read here.</summary>
    private static readonly string[] Others =
    [
        "PublishAot", "InvariantGlobalization", "TreatWarningsAsErrors", "DeveloperMode", "PackageVersion",
        "LimitNOFILE", "KestrelMetrics", "LengthFieldBasedFrameDecoder", "EmbeddedChannel", "ServerGarbageCollector",
    ];

    /// <summary>Every type and member that the files declare; prose names methods as well.</summary>
    internal static HashSet<string> DeclaredIn(IEnumerable<SourceFile> files) =>
        [.. files.SelectMany(file => CodeRules.Parse(file).DescendantNodes().Select(Name).OfType<string>())];

    /// <summary>Public types and members of the shared framework and of the packages that the tests load.</summary>
    internal static HashSet<string> OfThePlatform()
    {
        var names = new HashSet<string>(Others, StringComparer.Ordinal);
        string folder = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        string tests = typeof(FactAttribute).Assembly.Location;
        foreach (string file in Directory.EnumerateFiles(folder, "System.*.dll").Append(tests))
        {
            using var image = new PEReader(File.OpenRead(file));
            if (image.HasMetadata)
                AddNames(image.GetMetadataReader(), names);
        }
        return names;
    }

    private static void AddNames(MetadataReader metadata, HashSet<string> names)
    {
        foreach (TypeDefinitionHandle handle in metadata.TypeDefinitions)
        {
            TypeDefinition type = metadata.GetTypeDefinition(handle);
            if ((type.Attributes & System.Reflection.TypeAttributes.Public) == 0)
                continue;
            string name = metadata.GetString(type.Name).Split('`')[0];
            names.Add(name);
            if (name.EndsWith("Attribute", StringComparison.Ordinal))
                names.Add(name[..^"Attribute".Length]);
            foreach (MethodDefinitionHandle method in type.GetMethods())
                names.Add(metadata.GetString(metadata.GetMethodDefinition(method).Name));
            foreach (PropertyDefinitionHandle property in type.GetProperties())
                names.Add(metadata.GetString(metadata.GetPropertyDefinition(property).Name));
            foreach (FieldDefinitionHandle field in type.GetFields())
                names.Add(metadata.GetString(metadata.GetFieldDefinition(field).Name));
        }
    }

    private static string? Name(SyntaxNode node) => node switch
    {
        BaseTypeDeclarationSyntax type => type.Identifier.ValueText,
        DelegateDeclarationSyntax type => type.Identifier.ValueText,
        MethodDeclarationSyntax method => method.Identifier.ValueText,
        PropertyDeclarationSyntax property => property.Identifier.ValueText,
        EnumMemberDeclarationSyntax member => member.Identifier.ValueText,
        VariableDeclaratorSyntax field => field.Identifier.ValueText,
        ParameterSyntax parameter => parameter.Identifier.ValueText, // a record's properties
        _ => null,
    };
}
