using System.Text.Json.Nodes;
using EdgeVision.Configuration.Sections;
using EdgeVision.Configuration.Yaml;
using YamlDotNet.RepresentationModel;

namespace EdgeVision.Configuration;

/// <summary>Writes the JSON Schema of configuration files, for editors.</summary>
/// <remarks>
/// The code that reads the files writes the schema: it runs over an empty file that records which keys it reads. The schema
/// knows keys, kinds, ranges and words; checks across keys, such as names of sources, remain with
/// <see cref="PipelineConfig"/>.
/// </remarks>
public static class PipelineSchema
{
    /// <summary>Creates the JSON Schema, draft 2020-12.</summary>
    public static JsonObject Create()
    {
        var root = new SchemaObject();
        var reading = new ConfigReading("schema", Path.GetFullPath("."), _ => null);
        RootSection.Read(new ConfigMap([], new YamlMappingNode(), "the file", reading, root), "");
        var schema = new JsonObject
        {
            ["$schema"] = "https://json-schema.org/draft/2020-12/schema",
            ["title"] = "EdgeVision pipeline",
            ["description"] = "Sources, models, tracking, rules and sinks of a pipeline.",
        };
        foreach (var (key, value) in root.ToJson())
        {
            schema[key] = value?.DeepClone();
        }

        schema["$defs"] = SchemaForms.Definitions();
        return schema;
    }
}
