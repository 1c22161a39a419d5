using System.Text.Json;
using System.Text.Json.Serialization;

namespace EdgeVision;

/// <summary>Reads and writes <see cref="ModelSpec"/> as JSON.</summary>
/// <remarks>Names are camelCase; comments and trailing commas are allowed; unknown fields are errors.</remarks>
public static class ModelSpecJson
{
    /// <summary>Minimal valid spec, for messages.</summary>
    public const string Example = """{"version":1,"task":"detect","input":{"width":640,"height":640}"""
        + ""","outputs":[{"decoder":"yolo-dfl"}],"labels":["person"]}""";

    /// <summary>Serializes a spec as indented JSON.</summary>
    public static string Serialize(ModelSpec spec) => JsonSerializer.Serialize(spec, SpecJsonContext.Default.ModelSpec);

    /// <summary>Reads and validates a spec. <paramref name="source"/> names it in messages.</summary>
    /// <exception cref="SpecException">The text is not JSON, or a field is missing, unknown or invalid.</exception>
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

        Check(spec, source);
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
            : $"{line}: {OneLine.Of(e.Message.Split(" Path:")[0])}";
    }

    /// <summary>Throws <see cref="SpecException"/> for the first missing or invalid field.</summary>
    public static void Check(ModelSpec spec, string source)
    {
        ArgumentNullException.ThrowIfNull(spec);
        if (spec.Version != 1)
        {
            throw new SpecException($"{source} has version {spec.Version}; this runtime reads version 1");
        }

        Require(spec.Task.Length > 0, "task", "detect, segment, pose, obb, classify, embed or depth");
        foreach (string task in spec.Task.Split('+'))
        {
            if (task is not ("detect" or "segment" or "pose" or "obb" or "classify" or "embed" or "depth"))
            {
                throw new SpecException(
                    $"{source} has the unknown task '{task}'; "
                    + "use detect, segment, pose, obb, classify, embed, depth, or several joined by '+'");
            }
        }

        Require(spec.Input is not null, "input", "how frames become the network's input");
        Require(spec.Input!.Width > 0, "input.width", "pixels");
        Require(spec.Input.Height > 0, "input.height", "pixels");
        try
        {
            Preprocessor.ByteCount(spec.Input);
        }
        catch (SpecException e)
        {
            throw new SpecException($"{source}: {e.Message}", e);
        }

        Require(spec.Outputs is { Length: > 0 }, "outputs", "one entry for each head, with its decoder");
        foreach (var output in spec.Outputs)
        {
            Require(
                output is not null && !string.IsNullOrEmpty(output.Decoder),
                "outputs[].decoder",
                string.Join(", ", DecoderFactory.Names));
            if (!DecoderFactory.Names.Contains(output!.Decoder))
            {
                throw new SpecException(
                    $"{source} has the unknown decoder '{output.Decoder}'; use one of {string.Join(", ", DecoderFactory.Names)}");
            }

            Require(
                output.Labels is null || !output.Labels.Any(l => l is null),
                "outputs[].labels",
                "class names of this head, or nothing");
        }

        var t = spec.Thresholds;
        if (t is null || !(t.Confidence is >= 0 and <= 1) || !(t.Iou is >= 0 and <= 1) || t.MaxDetections < 1)
        {
            throw new SpecException(
                $"{source} has invalid thresholds: confidence and iou must be between 0 and 1, maxDetections at least 1");
        }

        Require(spec.Labels is not null && !spec.Labels.Any(l => l is null), "labels", "class names, or an empty list");
        if (spec.Skeleton?.Any(pair => pair is not { Length: 2 } || pair[0] < 0 || pair[1] < 0) == true)
        {
            throw new SpecException($"{source} has an invalid skeleton: it must be a list of [from, to] pairs of keypoint indices");
        }

        void Require(bool there, string field, string what)
        {
            if (!there)
            {
                throw new SpecException($"{source} lacks the field '{field}' ({what}); a spec looks like {Example}");
            }
        }
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
