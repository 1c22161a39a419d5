namespace EdgeVision;

/// <summary>
/// A self-test that travels with a model: a picture, what it became as the network's input, what the network put out and what was
/// made of it, where the model was exported. <see cref="BundleVerifier"/> repeats it stage by stage.
/// </summary>
public sealed record GoldenSpec
{
    /// <summary>Picture's name, for messages.</summary>
    public string Name { get; set; } = "";

    /// <summary>Picture's width in pixels.</summary>
    public int Width { get; set; }

    /// <summary>Picture's height in pixels.</summary>
    public int Height { get; set; }

    /// <summary>Pixels as RGB bytes, rows tight, deflated, base64.</summary>
    public string Rgb { get; set; } = "";

    /// <summary>SHA-256 of the input tensor's bytes where it was made, hexadecimal.</summary>
    public string InputSha256 { get; set; } = "";

    /// <summary>Input tensor, some of its values.</summary>
    public GoldenTensor Input { get; set; } = new();

    /// <summary>Raw outputs in the graph's order.</summary>
    public GoldenTensor[] Outputs { get; set; } = [];

    /// <summary>Results as <see cref="ResultJson"/> writes them.</summary>
    public string Results { get; set; } = "";

    /// <summary>How far a repetition may be off.</summary>
    public GoldenTolerances Tolerances { get; set; } = new();
}

/// <summary>Values of a tensor: all of them, or some.</summary>
public sealed record GoldenTensor
{
    /// <summary>Name in the graph.</summary>
    public string Name { get; set; } = "";

    /// <summary>Dimensions.</summary>
    public long[] Shape { get; set; } = [];

    /// <summary>All values, float32 little-endian, deflated, base64; absent where they are too many.</summary>
    public string? Data { get; set; }

    /// <summary>Places of <see cref="Values"/>, where not all are kept.</summary>
    public int[]? Indices { get; set; }

    /// <summary>Values at <see cref="Indices"/>.</summary>
    public float[]? Values { get; set; }

    /// <summary>Whether the first axis is rows that the network found, which may stand in another order elsewhere; all such outputs share their rows.</summary>
    public bool Rows { get; set; }

    /// <summary>Mean of the absolute values of the whole tensor.</summary>
    public double MeanAbsolute { get; set; }

    /// <summary>Greatest less smallest value of the whole tensor.</summary>
    public double Range { get; set; }
}

/// <summary>How far a repetition may be off. Other processors and providers add in another order; other models are far beyond these.</summary>
public sealed record GoldenTolerances
{
    /// <summary>Of the input tensor, as a share of its range.</summary>
    public double Input { get; set; } = 1e-5;

    /// <summary>Of raw outputs, as a share of each one's range.</summary>
    public double Outputs { get; set; } = 1e-3;

    /// <summary>Of coordinates in results, in pixels.</summary>
    public double Pixels { get; set; } = 0.5;

    /// <summary>Of scores and embeddings.</summary>
    public double Scores { get; set; } = 0.01;

    /// <summary>Of areas (as a share of the map) and distances (as a share of themselves).</summary>
    public double Maps { get; set; } = 0.01;
}
