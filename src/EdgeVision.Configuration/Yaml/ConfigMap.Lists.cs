using System.Globalization;
using System.Text.Json.Nodes;
using YamlDotNet.RepresentationModel;

namespace EdgeVision.Configuration.Yaml;

/// <summary>Reads lists, maps and points.</summary>
internal sealed partial class ConfigMap
{
    /// <summary>Reads a map; null when absent.</summary>
    /// <param name="key">The key.</param>
    /// <param name="subject">Subject of the map, for messages.</param>
    /// <param name="allowEmpty">Whether the key means something without a value too, even where it is required.</param>
    public ConfigMap? GetMap(string key, string subject, bool allowEmpty = false)
    {
        if (_schema is not null)
        {
            if (allowEmpty)
            {
                _schema.AllowEmpty(key);
            }

            var map = new SchemaObject();
            _schema.Add(key, () => [map.ToJson()]);
            return new ConfigMap([], Node, subject, _reading, map);
        }

        switch (Find(key))
        {
            case null:
                return null;
            case YamlMappingNode node:
                return new ConfigMap(node, subject, _reading);
            default:
                AddProblem(key, $"'{key}' must be a map of keys");
                return null;
        }
    }

    /// <summary>Reads a map, or the value of its main key alone; an empty map when there is no value.</summary>
    /// <param name="key">The key.</param>
    /// <param name="subject">Subject of the map, for messages.</param>
    /// <param name="main">Main key of the map.</param>
    public ConfigMap GetMapOrValue(string key, string subject, string main)
    {
        if (_schema is not null)
        {
            var map = new SchemaObject();
            _schema.Add(key, () => [map.ToJson(), .. map.GetForms(main), .. map.HasRequired ? (JsonNode[])[] : [SchemaForms.Null()]]);
            return new ConfigMap([], Node, subject, _reading, map);
        }

        Find(key);
        return GetNode(key) switch
        {
            YamlMappingNode node => new ConfigMap(node, subject, _reading),
            YamlScalarNode { Value: null or "" } node => new ConfigMap([], node, subject, _reading),
            var node => new ConfigMap([(main, node)], node, subject, _reading),
        };
    }

    /// <summary>Reads one map or a list of maps; empty when absent.</summary>
    /// <param name="key">The key.</param>
    /// <param name="subject">Subject of an item, for messages.</param>
    public IReadOnlyList<ConfigMap> GetMapOrMaps(string key, string subject)
    {
        if (_schema is not null)
        {
            var map = new SchemaObject();
            _schema.Add(key, () => [map.ToJson(), SchemaForms.Array(map.ToJson())]);
            return [new ConfigMap([], Node, subject, _reading, map)];
        }

        return GetNode(key) is YamlSequenceNode ? GetMaps(key, subject) : GetMap(key, $"'{key}'") is { } only ? [only] : [];
    }

    /// <summary>Reads a list of maps that is required, but may be empty.</summary>
    public IReadOnlyList<ConfigMap> GetRequiredMaps(
        string key, string subject, string example, params ReadOnlySpan<MapVariant> variants)
    {
        _schema?.Require(key);
        var maps = GetMaps(key, subject, variants);
        if (maps.Count == 0 && !Has(key))
        {
            _reading.AddProblem(Node, $"'{key}' is required: {example}");
        }

        return maps;
    }

    /// <summary>Reads a list of maps; empty when absent. Other items are reported and skipped.</summary>
    /// <param name="key">The key.</param>
    /// <param name="subject">Subject of an item, for messages.</param>
    /// <param name="variants">Forms of an item, if there are several; the schema describes each by itself.</param>
    public IReadOnlyList<ConfigMap> GetMaps(string key, string subject, params ReadOnlySpan<MapVariant> variants)
    {
        if (_schema is not null)
        {
            return RecordMaps(key, subject, variants.IsEmpty ? [default] : variants);
        }

        var maps = new List<ConfigMap>();
        switch (Find(key))
        {
            case null:
                break;
            case YamlSequenceNode list:
                foreach (var item in list.Children)
                {
                    if (item is YamlMappingNode map)
                    {
                        maps.Add(new ConfigMap(map, subject, _reading));
                    }
                    else
                    {
                        _reading.AddProblem(item, $"{subject} must be a map of keys; got '{item}'");
                    }
                }

                break;
            default:
                AddProblem(key, $"'{key}' must be a list: each item begins with '- '");
                break;
        }

        return maps;
    }

    /// <summary>Reads a list of texts, or a single one; null when absent.</summary>
    public IReadOnlyList<string>? GetStrings(string key)
    {
        _schema?.Add(key, () => [SchemaForms.Text(), TextList()]);
        if (Find(key) is not { } node)
        {
            return null;
        }

        var texts = new List<string>();
        foreach (var item in node is YamlSequenceNode list ? list.Children : [node])
        {
            if (item is not YamlScalarNode { Value: not null } scalar)
            {
                _reading.AddProblem(item, $"'{key}' must be a list of texts");
            }
            else if (ConfigScalar.Read(scalar, _reading) is { } value)
            {
                texts.Add(value.Value);
            }
        }

        if (node is YamlSequenceNode { Children.Count: 0 })
        {
            AddProblem(key, $"'{key}' must not be empty; leave it out for all");
        }

        return texts;
    }

    /// <summary>Reads a map of texts; null when absent.</summary>
    public IReadOnlyDictionary<string, string>? GetStringMap(string key)
    {
        if (_schema is not null)
        {
            _schema.Add(key, new JsonObject { ["type"] = "object", ["additionalProperties"] = SchemaForms.Text() });
            return null;
        }

        if (GetMap(key, $"'{key}'") is not { } map)
        {
            return null;
        }

        return map.Keys.Select(k => (Key: k, Value: map.GetString(k))).Where(p => p.Value is not null).ToDictionary(p => p.Key, p => p.Value!);
    }

    /// <summary>Reads names of existing sources; null when absent, which means all.</summary>
    public IReadOnlyCollection<string>? GetSources(string key = "sources")
    {
        if (GetStrings(key) is not { } names)
        {
            return null;
        }

        foreach (string name in names.Where(n => !_reading.SourceNames.Contains(n)))
        {
            AddProblem(key, $"there is no source '{name}'{Suggestion.Hint(name, _reading.SourceNames)}");
        }

        return names;
    }

    /// <summary>Reads points <c>[[x, y], …]</c>; null when absent or invalid.</summary>
    public IReadOnlyList<(float X, float Y)>? GetPoints(string key)
    {
        _schema?.Add(key, SchemaForms.Points());
        if (Find(key) is not { } node)
        {
            return null;
        }

        var points = new List<(float, float)>();
        if (node is not YamlSequenceNode list)
        {
            AddProblem(key, $"'{key}' must be a list of points: [[x, y], [x, y], …]");
            return null;
        }

        foreach (var item in list.Children)
        {
            if (item is YamlSequenceNode { Children: [YamlScalarNode { Value: { } x }, YamlScalarNode { Value: { } y }] }
                && TryParseCoordinate(x, out float px) && TryParseCoordinate(y, out float py))
            {
                points.Add((px, py));
            }
            else
            {
                _reading.AddProblem(item, $"a point of '{key}' must be two numbers: [x, y]");
            }
        }

        return points.Count == list.Children.Count ? points : null;
    }

    /// <summary>Reads the path of an existing file; relative paths start from the configuration's folder.</summary>
    public string? GetExistingFile(string key, string subject, ConfigFileKind kind)
    {
        if (GetString(key) is not { } path)
        {
            return null;
        }

        string full = _reading.FullPath(path);
        _reading.AddFile(kind, GetNode(key), full);
        if (!File.Exists(full))
        {
            AddProblem(key, $"{subject} '{GetRawText(key)}' does not exist (relative to the folder of the configuration)");
        }

        return full;
    }

    /// <summary>Reads an output path; relative paths start from the configuration's folder.</summary>
    public string? GetOutputPath(string key)
    {
        if (GetString(key) is not { } path)
        {
            return null;
        }

        string full = _reading.FullPath(path);
        _reading.AddFile(ConfigFileKind.Output, GetNode(key), full);
        return full;
    }

    /// <summary>Returns a value as written in the file, which is safe to show.</summary>
    public string GetRawText(string key) => GetNode(key) is YamlScalarNode { Value: { } written } ? written : key;

    private List<ConfigMap> RecordMaps(string key, string subject, ReadOnlySpan<MapVariant> variants)
    {
        var maps = new List<ConfigMap>();
        var items = new List<SchemaObject>();
        foreach (var variant in variants)
        {
            var item = new SchemaObject();
            items.Add(item);
            if (variant.Key is null)
            {
                maps.Add(new ConfigMap([], Node, subject, _reading, item));
                continue;
            }

            if (!variant.IsDefault)
            {
                item.Require(variant.Key);
            }

            if (variant.Value is not null)
            {
                item.Fix(variant.Key, variant.Value);
            }

            var value = new YamlScalarNode(variant.Value) { Style = YamlDotNet.Core.ScalarStyle.Plain };
            maps.Add(new ConfigMap([(variant.Key, value)], Node, subject, _reading, item));
        }

        _schema!.Add(key, () => [SchemaForms.Array(SchemaForms.AnyOf([.. items.Select(i => i.ToJson())]))]);
        return maps;
    }

    private static JsonObject TextList()
    {
        var list = SchemaForms.Array(SchemaForms.Text());
        list["minItems"] = 1;
        return list;
    }

    private static bool TryParseCoordinate(string text, out float value) =>
        float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && float.IsFinite(value);
}
