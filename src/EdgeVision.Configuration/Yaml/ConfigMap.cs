using System.Globalization;
using YamlDotNet.RepresentationModel;

namespace EdgeVision.Configuration.Yaml;

/// <summary>Map of the YAML file with typed access to its values.</summary>
/// <remarks>
/// Invalid values are reported and read as absent, so that one reading finds all problems. Keys that were never read are
/// unknown (<see cref="ReportUnknownKeys"/>).
/// </remarks>
internal sealed partial class ConfigMap
{
    private readonly Dictionary<string, YamlNode> _values = new(StringComparer.Ordinal);
    private readonly Dictionary<string, YamlNode> _keys = new(StringComparer.Ordinal);
    private readonly HashSet<string> _readKeys = new(StringComparer.Ordinal);
    private readonly ConfigReading _reading;
    private readonly SchemaObject? _schema;

    /// <param name="node">Node of the map.</param>
    /// <param name="subject">Subject of the map, for messages: "a source".</param>
    /// <param name="reading">Collects the problems.</param>
    public ConfigMap(YamlMappingNode node, string subject, ConfigReading reading)
    {
        (Node, Subject, _reading) = (node, subject, reading);
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
                reading.AddProblem(key, $"a key of {subject} must be a text");
            }
        }

        // YAML's merge key: the values of an anchor, unless the map itself has the key.
        if (node.Children.TryGetValue(new YamlScalarNode("<<"), out var merged))
        {
            Merge(merged);
        }
    }

    /// <summary>Creates a map from its short form, the value of its main key alone.</summary>
    /// <param name="values">Keys and values.</param>
    /// <param name="node">Node for messages.</param>
    /// <param name="subject">Subject of the map, for messages.</param>
    /// <param name="reading">Collects the problems.</param>
    /// <param name="schema">Records every access; null when a file is read.</param>
    public ConfigMap(
        (string Key, YamlNode Value)[] values, YamlNode node, string subject, ConfigReading reading, SchemaObject? schema = null)
    {
        (Node, Subject, _reading, _schema) = (node, subject, reading, schema);
        foreach (var (key, value) in values)
        {
            (_keys[key], _values[key]) = (value, value);
        }
    }

    /// <summary>Gets the node in the file.</summary>
    public YamlNode Node { get; }

    /// <summary>Gets the subject of the map, for messages.</summary>
    public string Subject { get; }

    /// <summary>Gets the reading that collects the problems.</summary>
    public ConfigReading Reading => _reading;

    /// <summary>Gets the keys as written in the file.</summary>
    public IReadOnlyCollection<string> Keys => _keys.Keys;

    /// <summary>Returns whether a key has a value; a key without one counts as absent.</summary>
    public bool Has(string key) => Find(key) is not null;

    /// <summary>Returns the node of a key's value, or else of the map, for messages.</summary>
    public YamlNode GetNode(string key) => _values.GetValueOrDefault(key, Node);

    /// <summary>Reports a problem with a key's value.</summary>
    public void AddProblem(string key, string message) => _reading.AddProblem(GetNode(key), message);

    /// <summary>Reads a text; null when absent.</summary>
    public string? GetString(string key)
    {
        _schema?.Add(key, SchemaForms.Text());
        return Scalar(key, "a text")?.Value;
    }

    /// <summary>Reads a text that is required.</summary>
    public string? GetRequired(string key, string example)
    {
        _schema?.Require(key);
        string? text = GetString(key);
        if (text is null && !Has(key))
        {
            _reading.AddProblem(Node, $"{Subject} requires '{key}', such as {example}");
        }

        return text;
    }

    /// <summary>Reports each of the keys that is absent.</summary>
    public void Require(params ReadOnlySpan<string> keys)
    {
        foreach (string key in keys)
        {
            _schema?.Require(key);
            if (!Has(key))
            {
                _reading.AddProblem(Node, $"{Subject} requires '{key}'");
            }
        }
    }

    /// <summary>Reports a version that is absent or not the supported one.</summary>
    public void RequireVersion(string key, int version)
    {
        _schema?.Require(key);
        _schema?.Fix(key, version);
        if (GetInt(key) is { } given)
        {
            if (given != version)
            {
                AddProblem(key, $"'{key}' must be {version}; got {given}");
            }
        }
        else if (!Has(key))
        {
            _reading.AddProblem(Node, $"'{key}' is required: {key}: {version}");
        }
    }

    /// <summary>Returns whether the value is this word as written, an alternative to the key's other values.</summary>
    public bool IsWord(string key, string word)
    {
        _schema?.Add(key, SchemaForms.Constant(word));
        return Find(key) is YamlScalarNode { Value: { } value } && value == word;
    }

    /// <summary>Marks all keys with a prefix as known, whatever their values are.</summary>
    public void AllowPrefix(string prefix)
    {
        _schema?.AllowPrefix(prefix);
        _readKeys.UnionWith(_keys.Keys.Where(k => k.StartsWith(prefix, StringComparison.Ordinal)));
    }

    /// <summary>Reads an integer; null when absent or invalid.</summary>
    public int? GetInt(string key, int min = 1, int max = int.MaxValue)
    {
        _schema?.Add(key, SchemaForms.Integer(min, max), SchemaForms.Variable());
        if (Scalar(key, "an integer") is not { } s)
        {
            return null;
        }

        if (int.TryParse(s.Value, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out int value)
            && value >= min && value <= max)
        {
            return value;
        }

        return ReportInvalid<int?>(key, max == int.MaxValue ? $"an integer of at least {min}" : $"an integer from {min} to {max}", s);
    }

    /// <summary>Reads a number; null when absent or invalid.</summary>
    /// <param name="key">The key.</param>
    /// <param name="min">Minimum.</param>
    /// <param name="max">Maximum.</param>
    /// <param name="exclusiveMin">Whether the minimum is exclusive.</param>
    public double? GetDouble(string key, double min = double.MinValue, double max = double.MaxValue, bool exclusiveMin = false)
    {
        _schema?.Add(key, SchemaForms.Number(min, max, exclusiveMin), SchemaForms.Variable());
        if (Scalar(key, "a number") is not { } s)
        {
            return null;
        }

        if (double.TryParse(s.Value, NumberStyles.Float, CultureInfo.InvariantCulture, out double value)
            && value >= min && value <= max && !(exclusiveMin && value == min))
        {
            return value;
        }

        string low = min == double.MinValue ? "" : FormattableString.Invariant($" {(exclusiveMin ? "above" : "from")} {min}");
        string high = max == double.MaxValue ? "" : FormattableString.Invariant($" to {max}");
        return ReportInvalid<double?>(key, $"a number{low}{high}", s);
    }

    /// <summary>Reads true or false; null when absent or invalid.</summary>
    public bool? GetBool(string key)
    {
        _schema?.Add(key, SchemaForms.Boolean(), SchemaForms.Variable());
        if (Scalar(key, "true or false") is not { } s)
        {
            return null;
        }

        return s.Value.ToLowerInvariant() switch
        {
            "true" => true,
            "false" => false,
            _ => ReportInvalid<bool?>(key, "true or false", s),
        };
    }

    /// <summary>Reads a duration with its unit; null when absent or invalid.</summary>
    public TimeSpan? GetDuration(string key, bool allowZero = true)
    {
        if (allowZero)
        {
            _schema?.Add(key, SchemaForms.Constant(0));
        }

        _schema?.Add(key, SchemaForms.Pattern(Quantities.GetDurationPattern(allowZero)), SchemaForms.Variable());
        if (Scalar(key, "a duration such as 200ms, 5s or 1m") is not { } s)
        {
            return null;
        }

        return Quantities.TryParseDuration(s.Value, out var time) && (allowZero || time > TimeSpan.Zero) ? time
            : ReportInvalid<TimeSpan?>(key, allowZero ? "a duration such as 200ms, 5s or 1m" : "a duration above 0 such as 200ms, 5s or 1m", s);
    }

    /// <summary>Reads a number of bytes with its unit; null when absent or invalid.</summary>
    public long? GetByteSize(string key)
    {
        _schema?.Add(key, SchemaForms.Pattern(Quantities.SizePattern), SchemaForms.Variable());
        if (Scalar(key, "a size such as 100MB") is not { } s)
        {
            return null;
        }

        return Quantities.TryParseSize(s.Value, out long bytes) ? bytes : ReportInvalid<long?>(key, "a size such as 512KB, 100MB or 2GB", s);
    }

    /// <summary>Reads one of several words; null when absent or invalid.</summary>
    public T? GetEnum<T>(string key, params ReadOnlySpan<(string Word, T Value)> values)
        where T : struct
    {
        string[] known = new string[values.Length];
        for (int i = 0; i < known.Length; i++)
        {
            known[i] = values[i].Word;
        }

        _schema?.Add(key, SchemaForms.Words(known), SchemaForms.Variable());
        if (Scalar(key, "one of " + string.Join(", ", known)) is not { } s)
        {
            return null;
        }

        int found = Array.IndexOf(known, s.Value.ToLowerInvariant());
        return found >= 0 ? values[found].Value : ReportInvalid<T?>(key, $"one of {string.Join(", ", known)}", s);
    }

    /// <summary>Reads a width and a height, as <c>640x480</c>; null when absent or invalid.</summary>
    public (int Width, int Height)? GetSize(string key)
    {
        _schema?.Add(key, SchemaForms.Pattern("^[0-9]+x[0-9]+$"), SchemaForms.Variable());
        if (Scalar(key, "a size such as 640x480") is not { } s)
        {
            return null;
        }

        return ConfigValues.ParseSize(s.Value) ?? ReportInvalid<(int, int)?>(key, $"a size such as 640x480 with sides from 1 to {Frame.MaxSide}", s);
    }

    /// <summary>Reports every key that was never read.</summary>
    public void ReportUnknownKeys()
    {
        foreach (var (name, key) in _keys)
        {
            if (!_readKeys.Contains(name))
            {
                _reading.AddProblem(key, $"{Subject} has no key '{name}'{Suggestion.Hint(name, _readKeys)}");
            }
        }
    }

    private T? ReportInvalid<T>(string key, string meant, ConfigScalar found)
    {
        AddProblem(key, $"'{key}' must be {meant}; got '{found.Written}'");
        return default;
    }

    private YamlNode? Find(string key)
    {
        _readKeys.Add(key);
        return _values.GetValueOrDefault(key) is { } node
            && node is not YamlScalarNode { Value: null or "" or "~" or "null", Style: YamlDotNet.Core.ScalarStyle.Plain }
                ? node
                : null;
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

        _reading.AddProblem(node, $"'{key}' must be {meant}; got a {(node is YamlMappingNode ? "map" : "list")}");
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
                _reading.AddProblem(node, "'<<' must be an anchored map, such as *defaults");
                break;
        }
    }
}
