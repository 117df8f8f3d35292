using System.Text.Json.Serialization;

namespace Longwire.Service.Cli;

/// <summary>What <c>publish --json</c> prints.</summary>
internal sealed record Published(string Topic, long Sequence);

/// <summary>The argument of the command <c>kick</c>.</summary>
internal sealed record Kicking(long Id, string? Reason);

[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Published))]
[JsonSerializable(typeof(Kicking))]
internal sealed partial class CliJson : JsonSerializerContext;
