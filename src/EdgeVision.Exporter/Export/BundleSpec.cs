using System.Text.Json;
using System.Text.Json.Serialization;

namespace EdgeVision.Exporter.Export;

/// <summary>The spec as the JSON that a bundle carries.</summary>
internal static class BundleSpec
{
    private static readonly JsonSerializerOptions Json = new(JsonSerializerDefaults.Web)
    {
        Converters = { new JsonStringEnumConverter(JsonNamingPolicy.CamelCase) },
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
    };

    public static string Write(ModelSpec spec) => JsonSerializer.Serialize(spec, Json);

    public static ModelSpec Read(string json) => JsonSerializer.Deserialize<ModelSpec>(json, Json)
        ?? throw new SpecException("the spec is empty");
}
