using System.Globalization;
using YamlDotNet.RepresentationModel;

namespace EdgeVision.Configuration;

/// <summary>Lists, maps and points.</summary>
internal sealed partial class ConfigMap
{
    /// <summary>A map.</summary>
    /// <param name="key">The key.</param>
    /// <param name="what">What the map describes, for messages.</param>
    public ConfigMap? Map(string key, string what)
    {
        switch (Find(key))
        {
            case null:
                return null;
            case YamlMappingNode map:
                return new ConfigMap(map, what, _reading);
            default:
                Problem(key, $"'{key}' is a map of keys");
                return null;
        }
    }

    /// <summary>A list of maps; empty where absent. Items that are none are noted and left out.</summary>
    public IReadOnlyList<ConfigMap> Maps(string key, string what)
    {
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
                        maps.Add(new ConfigMap(map, what, _reading));
                    }
                    else
                    {
                        _reading.Problem(item, $"{what} is a map of keys, not '{item}'");
                    }
                }

                break;
            default:
                Problem(key, $"'{key}' is a list: each item begins with '- '");
                break;
        }

        return maps;
    }

    /// <summary>A list of texts, or a single one; null where absent.</summary>
    public IReadOnlyList<string>? Texts(string key)
    {
        if (Find(key) is not { } node)
        {
            return null;
        }

        var texts = new List<string>();
        foreach (var item in node is YamlSequenceNode list ? list.Children : [node])
        {
            if (item is not YamlScalarNode { Value: not null } scalar)
            {
                _reading.Problem(item, $"'{key}' is a list of words");
            }
            else if (ConfigScalar.Read(scalar, _reading) is { } value)
            {
                texts.Add(value.Value);
            }
        }

        if (node is YamlSequenceNode { Children.Count: 0 })
        {
            Problem(key, $"'{key}' is empty; leave it out for all");
        }

        return texts;
    }

    /// <summary>A map of texts; null where absent.</summary>
    public IReadOnlyDictionary<string, string>? TextMap(string key)
    {
        if (Map(key, $"'{key}'") is not { } map)
        {
            return null;
        }

        return map.Keys.Select(k => (Key: k, Value: map.Text(k))).Where(p => p.Value is not null).ToDictionary(p => p.Key, p => p.Value!);
    }

    /// <summary>Names of sources that exist; null where absent, which means all.</summary>
    public IReadOnlyCollection<string>? Sources(string key = "sources")
    {
        if (Texts(key) is not { } names)
        {
            return null;
        }

        foreach (string name in names.Where(n => !_reading.SourceNames.Contains(n)))
        {
            Problem(key, $"there is no source '{name}'{Likeness.Hint(name, _reading.SourceNames)}");
        }

        return names;
    }

    /// <summary>Points <c>[[x, y], …]</c>; null where absent or wrong.</summary>
    public IReadOnlyList<(float X, float Y)>? Points(string key)
    {
        if (Find(key) is not { } node)
        {
            return null;
        }

        var points = new List<(float, float)>();
        if (node is not YamlSequenceNode list)
        {
            Problem(key, $"'{key}' is a list of points: [[x, y], [x, y], …]");
            return null;
        }

        foreach (var item in list.Children)
        {
            if (item is YamlSequenceNode { Children: [YamlScalarNode { Value: { } x }, YamlScalarNode { Value: { } y }] } && Coordinate(x, out float px) && Coordinate(y, out float py))
            {
                points.Add((px, py));
            }
            else
            {
                _reading.Problem(item, $"a point of '{key}' is two numbers: [x, y]");
            }
        }

        return points.Count == list.Children.Count ? points : null;
    }

    /// <summary>An existing file; relative paths start from the configuration's folder.</summary>
    public string? ExistingFile(string key, string what, ConfigFileKind kind)
    {
        if (Text(key) is not { } path)
        {
            return null;
        }

        string full = _reading.FullPath(path);
        _reading.Refer(kind, At(key), full);
        if (!File.Exists(full))
        {
            Problem(key, $"{what} '{Written(key)}' does not exist (looked for from the folder of the configuration)");
        }

        return full;
    }

    /// <summary>A path to be written; relative ones start from the configuration's folder.</summary>
    public string? OutputPath(string key)
    {
        if (Text(key) is not { } path)
        {
            return null;
        }

        string full = _reading.FullPath(path);
        _reading.Refer(ConfigFileKind.Output, At(key), full);
        return full;
    }

    /// <summary>A value as it stands in the file, which may be shown.</summary>
    public string Written(string key) => At(key) is YamlScalarNode { Value: { } written } ? written : key;

    private static bool Coordinate(string text, out float value) =>
        float.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out value) && float.IsFinite(value);
}
