using System.Globalization;
using YamlDotNet.RepresentationModel;

namespace EdgeVision.Configuration;

/// <summary>
/// A map of the YAML file with typed values. What is wrong is noted and read as absent, so that one reading finds every problem; keys that
/// nobody asked for are unknown (<see cref="Close"/>).
/// </summary>
internal sealed partial class ConfigMap
{
    private readonly Dictionary<string, YamlNode> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, YamlNode> _keys = new(StringComparer.Ordinal);
    private readonly HashSet<string> _asked = new(StringComparer.Ordinal);
    private readonly ConfigReading _reading;

    /// <param name="node">The map.</param>
    /// <param name="what">What it describes, for messages: "a source".</param>
    /// <param name="reading">Where problems go.</param>
    public ConfigMap(YamlMappingNode node, string what, ConfigReading reading)
    {
        (Node, What, _reading) = (node, what, reading);
        foreach (var (key, value) in node.Children)
        {
            if (key is YamlScalarNode { Value: { } name })
            {
                if (name != "<<")
                {
                    (_keys[name], _values[name]) = (key, value);
                }
            }
            else
            {
                reading.Problem(key, $"a key of {what} is a word");
            }
        }

        // YAML's merge key: what an anchor holds, where the map itself says nothing else.
        if (node.Children.TryGetValue(new YamlScalarNode("<<"), out var merged))
        {
            Merge(merged);
        }
    }

    /// <summary>A map that is written short, as its most important value alone.</summary>
    public ConfigMap((string Key, YamlNode Value)[] values, YamlNode node, string what, ConfigReading reading)
    {
        (Node, What, _reading) = (node, what, reading);
        foreach (var (key, value) in values)
        {
            (_keys[key], _values[key]) = (value, value);
        }
    }

    /// <summary>The map in the file.</summary>
    public YamlNode Node { get; }

    /// <summary>What it describes.</summary>
    public string What { get; }

    /// <summary>Where problems go.</summary>
    public ConfigReading Reading => _reading;

    /// <summary>Keys as they stand in the file.</summary>
    public IReadOnlyCollection<string> Keys => _keys.Keys;

    /// <summary>Whether a key has a value; a key without one counts as absent.</summary>
    public bool Has(string key) => Find(key) is not null;

    /// <summary>Where a key's value is, else the map, for messages.</summary>
    public YamlNode At(string key) => _values.GetValueOrDefault(key, Node);

    /// <summary>Notes a problem with a key's value.</summary>
    public void Problem(string key, string message) => _reading.Problem(At(key), message);

    /// <summary>A text.</summary>
    public string? Text(string key) => Scalar(key, "a text")?.Value;

    /// <summary>A text that must be there.</summary>
    public string? Needed(string key, string example)
    {
        string? text = Text(key);
        if (text is null && !Has(key))
        {
            _reading.Problem(Node, $"{What} needs '{key}', such as {example}");
        }

        return text;
    }

    /// <summary>A whole number.</summary>
    public int? Whole(string key, int least = 1, int most = int.MaxValue)
    {
        if (Scalar(key, "a whole number") is not { } s)
        {
            return null;
        }

        if (int.TryParse(s.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value) && value >= least && value <= most)
        {
            return value;
        }

        return Wrong<int?>(key, most == int.MaxValue ? $"a whole number from {least}" : $"a whole number from {least} to {most}", s);
    }

    /// <summary>A number.</summary>
    /// <param name="key">The key.</param>
    /// <param name="least">Lowest value.</param>
    /// <param name="most">Highest value.</param>
    /// <param name="above">Whether the lowest value itself is too low.</param>
    public double? Number(string key, double least = double.MinValue, double most = double.MaxValue, bool above = false)
    {
        if (Scalar(key, "a number") is not { } s)
        {
            return null;
        }

        if (double.TryParse(s.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out double value) && value >= least && value <= most && !(above && value == least))
        {
            return value;
        }

        string low = least == double.MinValue ? "" : FormattableString.Invariant($" {(above ? "above" : "from")} {least}");
        string high = most == double.MaxValue ? "" : FormattableString.Invariant($" to {most}");
        return Wrong<double?>(key, $"a number{low}{high}", s);
    }

    /// <summary>True or false.</summary>
    public bool? Flag(string key)
    {
        if (Scalar(key, "true or false") is not { } s)
        {
            return null;
        }

        return s.Value.ToLowerInvariant() switch
        {
            "true" => true,
            "false" => false,
            _ => Wrong<bool?>(key, "true or false", s),
        };
    }

    /// <summary>A time with its unit.</summary>
    public TimeSpan? Duration(string key, bool zero = true)
    {
        if (Scalar(key, "a time such as 200ms, 5s or 1m") is not { } s)
        {
            return null;
        }

        return Quantities.TryDuration(s.Value, out var time) && (zero || time > TimeSpan.Zero) ? time
            : Wrong<TimeSpan?>(key, zero ? "a time such as 200ms, 5s or 1m" : "a time above 0 such as 200ms, 5s or 1m", s);
    }

    /// <summary>A number of bytes with its unit.</summary>
    public long? Size(string key)
    {
        if (Scalar(key, "a size such as 100MB") is not { } s)
        {
            return null;
        }

        return Quantities.TrySize(s.Value, out long bytes) ? bytes : Wrong<long?>(key, "a size such as 512KB, 100MB or 2GB", s);
    }

    /// <summary>One of several words.</summary>
    public T? Choice<T>(string key, params ReadOnlySpan<(string Word, T Value)> words)
        where T : struct
    {
        string[] known = new string[words.Length];
        for (int i = 0; i < known.Length; i++)
        {
            known[i] = words[i].Word;
        }

        if (Scalar(key, string.Join(", ", known)) is not { } s)
        {
            return null;
        }

        int found = Array.IndexOf(known, s.Value.ToLowerInvariant());
        return found >= 0 ? words[found].Value : Wrong<T?>(key, $"one of {string.Join(", ", known)}", s);
    }

    /// <summary>A width and a height, as <c>640x480</c>.</summary>
    public (int Width, int Height)? Extent(string key)
    {
        if (Scalar(key, "a size such as 640x480") is not { } s)
        {
            return null;
        }

        return Words.Extent(s.Value) ?? Wrong<(int, int)?>(key, $"a size such as 640x480, sides 1 to {Frame.MaxSide}", s);
    }

    /// <summary>Notes every key that nobody asked for.</summary>
    public void Close()
    {
        foreach (var (name, key) in _keys)
        {
            if (!_asked.Contains(name))
            {
                _reading.Problem(key, $"{What} has no key '{name}'{Likeness.Hint(name, _asked)}");
            }
        }
    }

    private T? Wrong<T>(string key, string meant, ConfigScalar found)
    {
        Problem(key, $"'{key}' is {meant}, not '{found.Written}'");
        return default;
    }

    private YamlNode? Find(string key)
    {
        _asked.Add(key);
        return _values.GetValueOrDefault(key) is { } node && node is not YamlScalarNode { Value: null or "" or "~" or "null", Style: YamlDotNet.Core.ScalarStyle.Plain } ? node : null;
    }

    private ConfigScalar? Scalar(string key, string meant)
    {
        if (Find(key) is not { } node)
        {
            return null;
        }

        if (node is YamlScalarNode { Value: not null } scalar)
        {
            return ConfigScalar.Read(scalar, _reading);
        }

        _reading.Problem(node, $"'{key}' is {meant}, not a {(node is YamlMappingNode ? "map" : "list")}");
        return null;
    }

    private void Merge(YamlNode node)
    {
        switch (node)
        {
            case YamlMappingNode map:
                foreach (var (key, value) in map.Children)
                {
                    if (key is YamlScalarNode { Value: { } name } && name != "<<" && _values.TryAdd(name, value))
                    {
                        _keys[name] = key;
                    }
                }

                break;
            case YamlSequenceNode list when list.Children.All(c => c is YamlMappingNode):
                foreach (var map in list.Children)
                {
                    Merge(map);
                }

                break;
            default:
                _reading.Problem(node, "'<<' takes an anchored map, such as *defaults");
                break;
        }
    }
}
