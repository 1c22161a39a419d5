using System.Globalization;

namespace EdgeVision;

/// <summary>Options of one execution provider, typed; what is left null is left to ONNX Runtime. <see cref="ProviderOptions.Of"/> makes them those of a model.</summary>
public abstract record ExecutionProviderOptions
{
    /// <summary>Whose options they are.</summary>
    public abstract Provider Provider { get; }

    /// <summary>The options that are set, by ONNX Runtime's names.</summary>
    public IReadOnlyDictionary<string, string> ToDictionary()
    {
        var options = new Dictionary<string, string>();
        foreach (var (name, value) in Values())
        {
            if (value is not null)
            {
                options[name] = value switch
                {
                    bool on => on ? "1" : "0",
                    IFormattable number => number.ToString(null, CultureInfo.InvariantCulture),
                    _ => value.ToString()!,
                };
            }
        }

        return options;
    }

    /// <summary>Every option by ONNX Runtime's name; null where it is not set.</summary>
    private protected abstract IEnumerable<(string Name, object? Value)> Values();
}
