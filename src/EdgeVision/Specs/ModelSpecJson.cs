using System.Text.Json;
using System.Text.Json.Serialization;
using EdgeVision.Diagnostics;

namespace EdgeVision.Specs;

/// <summary>Reads and writes <see cref="ModelSpec"/> as JSON.</summary>
/// <remarks>Names are camelCase; comments and trailing commas are allowed; unknown fields are errors.</remarks>
public static class ModelSpecJson
{
    /// <summary>Minimal valid spec, for messages.</summary>
    public const string Example = """{"version":1,"task":"detect","input":{"width":640,"height":640}"""
        + ""","outputs":[{"decoder":"yolo-dfl"}],"labels":["person"]}""";

    /// <summary>Serializes a spec as indented JSON.</summary>
    public static string Serialize(ModelSpec spec) => JsonSerializer.Serialize(spec, SpecJsonContext.Default.ModelSpec);

    /// <summary>Reads a spec, without the checks of <c>ModelSpecValidator</c>. <paramref name="source"/> names it in messages.</summary>
    /// <exception cref="SpecException">The text is not JSON, or a field is unknown or has a value of another kind.</exception>
    public static ModelSpec Parse(string json, string source)
    {
        ModelSpec? spec;
        try
        {
            spec = JsonSerializer.Deserialize(json, SpecJsonContext.Default.ModelSpec);
        }
        catch (JsonException e)
        {
            throw new SpecException($"{source} is not a valid JSON spec: {Explain(e)}", e);
        }

        if (spec is null)
        {
            throw new SpecException($"{source} is empty; a spec looks like {Example}");
        }

        return spec;
    }

    // The serializer's messages name .NET members; users need the field of their file.
    private static string Explain(JsonException e)
    {
        const string before = "The JSON property '";
        string line = e.LineNumber is { } n ? $"line {n + 1}" : "somewhere";
        string field = e.Path is { Length: > 2 } path ? path[2..] : "";
        if (e.Message.StartsWith(before, StringComparison.Ordinal) && e.Message.Contains("could not be mapped", StringComparison.Ordinal))
        {
            string name = e.Message[before.Length..e.Message.IndexOf('\'', before.Length)];
            string parent = field.EndsWith(name, StringComparison.Ordinal) ? field[..^name.Length].TrimEnd('.') : field;
            return $"{line}: the field '{(parent.Length == 0 ? name : $"{parent}.{name}")}' is unknown";
        }

        return field.Length > 0
            ? $"{line}: the field '{field}' has an invalid value"
            : $"{line}: {ErrorText.ToSingleLine(e.Message.Split(" Path:")[0])}";
    }
}

/// <summary>Source-generated serialization: works without reflection and survives trimming.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase,
    WriteIndented = true,
    UseStringEnumConverter = true,
    ReadCommentHandling = JsonCommentHandling.Skip,
    AllowTrailingCommas = true,
    UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    RespectNullableAnnotations = true,
    DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(ModelSpec))]
internal sealed partial class SpecJsonContext : JsonSerializerContext;

/// <summary>Writes enums as camelCase strings and reads them case-insensitively.</summary>
internal sealed class CamelCaseEnumConverter<T>() : JsonStringEnumConverter<T>(JsonNamingPolicy.CamelCase, allowIntegerValues: false)
    where T : struct, Enum;
