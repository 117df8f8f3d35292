using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;

namespace Longwire.Load.Results;

/// <summary>Reads and writes result files.</summary>
internal static class ResultFile
{
    private static readonly ResultJson s_json = new(new JsonSerializerOptions
    {
        WriteIndented = true,
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping, // the file is no web page; a title keeps its signs
    });

    internal static string ToJson(LoadResult result) => JsonSerializer.Serialize(result, s_json.LoadResult) + "\n";

    /// <exception cref="ArgumentException">The text is no result of this format.</exception>
    internal static LoadResult Parse(string json, string source)
    {
        try
        {
            LoadResult? result = JsonSerializer.Deserialize(json, s_json.LoadResult);
            if (result?.Format == LoadResult.CurrentFormat)
                return result;
            throw new ArgumentException($"{source} has the format '{result?.Format}', not {LoadResult.CurrentFormat}.");
        }
        catch (JsonException exception)
        {
            throw new ArgumentException($"{source} is no result file: {exception.Message}", exception);
        }
    }

    internal static void Write(LoadResult result, string path) => File.WriteAllText(path, ToJson(result));

    internal static LoadResult Read(string path) => Parse(File.ReadAllText(path), path);
}

[JsonSerializable(typeof(LoadResult))]
internal sealed partial class ResultJson : JsonSerializerContext;
