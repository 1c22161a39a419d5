using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace EdgeVision.TestSupport;

/// <summary>Validates JSON against the part of JSON Schema that EdgeVision writes; an unknown keyword fails the test.</summary>
internal sealed class JsonSchemaValidator(JsonObject root)
{
    private static readonly HashSet<string> Annotations =
        ["$schema", "$defs", "title", "description", "required", "properties", "patternProperties"];

    /// <summary>Returns what does not fit, as "path: reason"; empty if everything fits.</summary>
    public List<string> Validate(JsonNode? document) => Check(root, document, "$");

    private List<string> Check(JsonNode schema, JsonNode? value, string path)
    {
        if (schema is JsonValue always)
        {
            return always.GetValue<bool>() ? [] : [$"{path}: not allowed"];
        }

        var problems = new List<string>();
        foreach (var (keyword, limit) in schema.AsObject())
        {
            string? problem = keyword switch
            {
                "type" => (limit is JsonArray types ? types.Any(t => HasType((string)t!, value)) : HasType((string)limit!, value))
                    ? null : $"must be {limit!.ToJsonString()}",
                "const" => JsonNode.DeepEquals(limit, value) ? null : $"must be {limit!.ToJsonString()}",
                "enum" => limit!.AsArray().Any(v => JsonNode.DeepEquals(v, value)) ? null : $"must be one of {limit.ToJsonString()}",
                "pattern" => !HasType("string", value) || Regex.IsMatch((string)value!, (string)limit!) ? null : $"must match {limit}",
                "minimum" => Number(value) is not { } n || n >= (double)limit! ? null : $"must be at least {limit}",
                "maximum" => Number(value) is not { } n || n <= (double)limit! ? null : $"must be at most {limit}",
                "exclusiveMinimum" => Number(value) is not { } n || n > (double)limit! ? null : $"must be above {limit}",
                "minItems" => value is not JsonArray a || a.Count >= (int)limit! ? null : $"must have at least {limit} items",
                "maxItems" => value is not JsonArray a || a.Count <= (int)limit! ? null : $"must have at most {limit} items",
                "anyOf" => limit!.AsArray().Any(s => Check(s!, value, path).Count == 0)
                    ? null
                    : "fits no form: " + string.Join(" | ", limit.AsArray().Select(s => string.Join("; ", Check(s!, value, path)))),
                "$ref" => Join(Check(Resolve((string)limit!), value, path)),
                "items" => value is not JsonArray a ? null : Join([.. a.SelectMany((item, i) => Check(limit!, item, $"{path}[{i}]"))]),
                "additionalProperties" => value is not JsonObject o ? null : Join([.. Additional(schema.AsObject(), o)
                    .SelectMany(p => Check(limit!, p.Value, $"{path}.{p.Key}"))]),
                _ when Annotations.Contains(keyword) => null,
                _ => throw new NotSupportedException($"the keyword '{keyword}' of {path}"),
            };
            if (problem is not null)
            {
                problems.Add($"{path}: {problem}");
            }
        }

        if (value is JsonObject map)
        {
            foreach (string key in (schema["required"]?.AsArray() ?? []).Select(k => (string)k!).Where(k => !map.ContainsKey(k)))
            {
                problems.Add($"{path}: requires {key}");
            }

            foreach (var (key, item) in map)
            {
                if (schema["properties"]?[key] is { } property)
                {
                    problems.AddRange(Check(property, item, $"{path}.{key}"));
                }
            }
        }

        return problems;
    }

    private static IEnumerable<KeyValuePair<string, JsonNode?>> Additional(JsonObject schema, JsonObject value) => value.Where(p =>
        schema["properties"]?.AsObject().ContainsKey(p.Key) != true
        && schema["patternProperties"]?.AsObject().Any(q => Regex.IsMatch(p.Key, q.Key)) != true);

    private static string? Join(List<string> problems) => problems.Count == 0 ? null : string.Join("; ", problems);

    private static double? Number(JsonNode? value) =>
        HasType("number", value) ? value!.GetValue<System.Text.Json.JsonElement>().GetDouble() : null;

    private static bool HasType(string type, JsonNode? value) => (type, value?.GetValueKind() ?? System.Text.Json.JsonValueKind.Null) switch
    {
        ("null", System.Text.Json.JsonValueKind.Null) or ("object", System.Text.Json.JsonValueKind.Object)
            or ("array", System.Text.Json.JsonValueKind.Array) or ("string", System.Text.Json.JsonValueKind.String)
            or ("number", System.Text.Json.JsonValueKind.Number)
            or ("boolean", System.Text.Json.JsonValueKind.True or System.Text.Json.JsonValueKind.False) => true,
        ("integer", System.Text.Json.JsonValueKind.Number) => value!.GetValue<System.Text.Json.JsonElement>().GetDouble() % 1 == 0,
        _ => false,
    };

    private JsonNode Resolve(string reference) => reference.Split('/').Skip(1).Aggregate(
        (JsonNode)root,
        (node, part) => node is JsonArray list ? list[int.Parse(part, System.Globalization.CultureInfo.InvariantCulture)]! : node[part]!);
}
