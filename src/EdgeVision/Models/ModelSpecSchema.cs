using System.Text.Json.Nodes;
using System.Text.Json.Schema;
using EdgeVision.Decoding;
using EdgeVision.Preprocessing;
using EdgeVision.Specs;

namespace EdgeVision.Models;

/// <summary>Writes the JSON Schema of model specs, for editors.</summary>
/// <remarks>
/// Fields, kinds and words come from the serializer that reads specs; required fields, ranges and decoder names are those of
/// <see cref="ModelSpecValidator"/>.
/// </remarks>
public static class ModelSpecSchema
{
    /// <summary>Creates the JSON Schema, draft 2020-12.</summary>
    public static JsonObject Create()
    {
        var schema = new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "EdgeVision model spec",
            ["description"] = "How frames become a model's input, and how its outputs become results.",
        };
        var options = new JsonSchemaExporterOptions { TreatNullObliviousAsNonNullable = true };
        foreach (var (key, value) in JsonSchemaExporter.GetJsonSchemaAsNode(SpecJsonContext.Default.ModelSpec, options).AsObject())
        {
            schema[key] = value?.DeepClone();
        }

        schema["type"] = "object";
        Require(schema, "task", "input", "outputs");
        Property(schema, "version")["const"] = ModelSpecValidator.Version;
        string task = $"({string.Join('|', ModelSpecValidator.Tasks)})";
        Property(schema, "task")["pattern"] = $@"^{task}(\+{task})*$";

        var input = Property(schema, "input");
        Require(input, "width", "height");
        Limit(Property(input, "width"), 1, Preprocessor.MaxSide);
        Limit(Property(input, "height"), 1, Preprocessor.MaxSide);
        Limit(Property(Property(input, "resize"), "padValue"), 0, 255);
        Property(input, "element")["enum"] = new JsonArray("float32", "float16", "uint8");

        var outputs = Property(schema, "outputs");
        outputs["minItems"] = 1;
        var output = outputs["items"]!.AsObject();
        output["type"] = "object";
        Require(output, "decoder");
        Property(output, "decoder")["enum"] = new JsonArray([.. DecoderRegistry.Names.Select(n => (JsonNode)n)]);

        var thresholds = Property(schema, "thresholds");
        Limit(Property(thresholds, "confidence"), 0, 1);
        Limit(Property(thresholds, "iou"), 0, 1);
        Property(thresholds, "maxDetections")["minimum"] = 1;

        Property(schema, "labels")["items"]!["type"] = "string";
        var pair = Property(schema, "skeleton")["items"]!.AsObject();
        pair["type"] = "array";
        (pair["minItems"], pair["maxItems"]) = (2, 2);
        pair["items"]!["minimum"] = 0;
        return schema;
    }

    private static JsonObject Property(JsonObject schema, string name) => schema["properties"]![name]!.AsObject();

    private static void Require(JsonObject schema, params ReadOnlySpan<string> names)
    {
        var required = new JsonArray();
        foreach (string name in names)
        {
            required.Add((JsonNode)name);
        }

        schema["required"] = required;
    }

    private static void Limit(JsonObject schema, int min, int max) => (schema["minimum"], schema["maximum"]) = (min, max);
}
