namespace EdgeVision.Exporter.Architectures;

/// <summary>What may be chosen of an architecture; each takes what applies to it and has its own defaults.</summary>
public sealed record ModelSettings
{
    /// <summary>Name of the model, for the bundle; the architecture's when absent.</summary>
    public string? Name { get; init; }

    /// <summary>Width of the input in pixels; the architecture's own when 0.</summary>
    public int Width { get; init; }

    /// <summary>Height of the input in pixels; the architecture's own when 0.</summary>
    public int Height { get; init; }

    /// <summary>
    /// Factor on the channels of every stage (rounded to multiples of 8, at least 8), or on a transformer's heads; 1 is the published size.
    /// </summary>
    public double Channels { get; init; } = 1;

    /// <summary>Numbers of an embedding; the architecture's own when 0.</summary>
    public int Embedding { get; init; }

    /// <summary>What the classes, keypoints and pixels are; the drawn data's when absent.</summary>
    public Data.DataLabels? Labels { get; init; }

    /// <summary>Settings of one architecture alone, such as <c>refinement: dark</c>.</summary>
    public IReadOnlyDictionary<string, string> Options { get; init; } = new Dictionary<string, string>();

    /// <summary>Channels after the factor: a multiple of 8, at least 8.</summary>
    public int Scaled(int channels) => Channels == 1 ? channels : Math.Max(8, (int)Math.Round(channels * Channels / 8) * 8);

    /// <summary>The option of that name, or <paramref name="fallback"/>.</summary>
    public string Option(string name, string fallback) => Options.TryGetValue(name, out var value) ? value : fallback;
}
