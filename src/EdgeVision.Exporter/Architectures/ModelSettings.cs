namespace EdgeVision.Exporter.Architectures;

/// <summary>Settings of an architecture; each uses those that apply to it and has its own defaults.</summary>
public sealed record ModelSettings
{
    /// <summary>Name of the model in the bundle; the architecture's name when null.</summary>
    public string? Name { get; init; }

    /// <summary>Width of the input in pixels; the architecture's default when 0.</summary>
    public int Width { get; init; }

    /// <summary>Height of the input in pixels; the architecture's default when 0.</summary>
    public int Height { get; init; }

    /// <summary>Factor on the channels of every stage, or on a transformer's heads; 1 is the published size.</summary>
    /// <remarks>The result is rounded to multiples of 8, at least 8.</remarks>
    public double WidthMultiplier { get; init; } = 1;

    /// <summary>Dimensions of an embedding; the architecture's default when 0.</summary>
    public int EmbeddingDimension { get; init; }

    /// <summary>Names of the classes, keypoints and pixel classes; those of the drawn data when null.</summary>
    public EdgeVision.Exporter.Data.DataLabels? Labels { get; init; }

    /// <summary>Options of a single architecture, such as <c>refinement: dark</c>.</summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>();

    /// <summary>Returns the channels after the factor: a multiple of 8, at least 8.</summary>
    public int ScaleChannels(int channels) => WidthMultiplier == 1 ? channels : Math.Max(8, (int)Math.Round(channels * WidthMultiplier / 8) * 8);

    /// <summary>Returns the option with the given name, or <paramref name="fallback"/>.</summary>
    public string GetOption(string name, string fallback) => Options.TryGetValue(name, out var value) ? value : fallback;
}
