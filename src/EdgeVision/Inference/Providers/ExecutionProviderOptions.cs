using System.Globalization;

namespace EdgeVision.Inference.Providers;

/// <summary>Typed options of one execution provider; options that are null are left to ONNX Runtime.</summary>
/// <remarks><see cref="ProviderOptions.FromTyped"/> converts them to the options of a model.</remarks>
public abstract record ExecutionProviderOptions
{
    /// <summary>Gets the provider of the options.</summary>
    public abstract Provider Provider { get; }

    /// <summary>Returns the options that are set, by ONNX Runtime's names.</summary>
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

    /// <summary>Returns every option by ONNX Runtime's name; null if it is not set.</summary>
    private protected abstract IEnumerable<(string Name, object? Value)> Values();
}
