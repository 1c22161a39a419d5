using System.Text.Json.Nodes;

namespace EdgeVision.Configuration.Yaml;

/// <summary>Records the keys that are read from a map, for the JSON Schema of the file.</summary>
/// <remarks>
/// The reading code itself runs over an empty map, and each access notes its key, kind and range here. What is read is
/// therefore what the schema has.
/// </remarks>
internal sealed class SchemaObject
{
    private readonly OrderedDictionary<string, List<Func<IEnumerable<JsonNode>>>> _properties = new(StringComparer.Ordinal);
    private readonly Dictionary<string, JsonNode> _fixed = new(StringComparer.Ordinal);
    private readonly HashSet<string> _emptyAllowed = new(StringComparer.Ordinal);
    private readonly List<string> _required = [];
    private string? _openPrefix;

    /// <summary>Gets whether a key is required.</summary>
    public bool HasRequired => _required.Count > 0;

    /// <summary>Notes a key and the forms that its value may have.</summary>
    public void Add(string key, params JsonNode[] forms) => Add(key, () => forms.Select(f => f.DeepClone()));

    /// <summary>Notes a key whose forms are known only when everything is read.</summary>
    public void Add(string key, Func<IEnumerable<JsonNode>> forms)
    {
        if (!_properties.TryGetValue(key, out var all))
        {
            _properties[key] = all = [];
        }

        all.Add(forms);
    }

    /// <summary>Notes that a key must be given.</summary>
    public void Require(string key)
    {
        if (!_required.Contains(key))
        {
            _required.Add(key);
        }
    }

    /// <summary>Notes the only value that a key may have in this form of the map.</summary>
    public void Fix(string key, JsonNode value) => _fixed[key] = value;

    /// <summary>Notes that a required key needs no value.</summary>
    public void AllowEmpty(string key) => _emptyAllowed.Add(key);

    /// <summary>Notes that keys with this prefix may have any value.</summary>
    public void AllowPrefix(string prefix) => _openPrefix = prefix;

    /// <summary>Returns the forms of a key's value, each once.</summary>
    public IReadOnlyList<JsonNode> GetForms(string key)
    {
        if (_fixed.TryGetValue(key, out var value))
        {
            return [new JsonObject { ["const"] = value.DeepClone() }, SchemaForms.Variable()];
        }

        var forms = new List<JsonNode>();
        foreach (var form in _properties[key].SelectMany(f => f()))
        {
            if (!forms.Exists(f => JsonNode.DeepEquals(f, form)))
            {
                forms.Add(form);
            }
        }

        return forms;
    }

    /// <summary>Returns the schema of the map.</summary>
    public JsonObject ToJson()
    {
        var properties = new JsonObject();
        foreach (string key in _properties.Keys)
        {
            // A key without a value counts as absent.
            var forms = GetForms(key).ToList();
            if (!_required.Contains(key) || _emptyAllowed.Contains(key))
            {
                forms.Add(SchemaForms.Null());
            }

            properties[key] = SchemaForms.AnyOf(forms);
        }

        var schema = new JsonObject { ["type"] = "object", ["properties"] = properties };
        if (_required.Count > 0)
        {
            schema["required"] = new JsonArray([.. _required.Select(k => (JsonNode)k)]);
        }

        if (_openPrefix is not null)
        {
            schema["patternProperties"] = new JsonObject { ["^" + _openPrefix] = new JsonObject() };
        }

        schema["additionalProperties"] = false;
        return schema;
    }
}
