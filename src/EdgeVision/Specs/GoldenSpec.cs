namespace EdgeVision.Specs;

/// <summary>Self-test inside a model: an image with the input tensor, raw outputs and results recorded at export.</summary>
/// <remarks><c>BundleVerifier</c> repeats it stage by stage.</remarks>
public sealed record GoldenSpec
{
    /// <summary>Image's name, for messages.</summary>
    public string Name { get; set; } = "";

    /// <summary>Image's width in pixels.</summary>
    public int Width { get; set; }

    /// <summary>Image's height in pixels.</summary>
    public int Height { get; set; }

    /// <summary>Pixels as RGB bytes without row padding, deflated, base64.</summary>
    public string Rgb { get; set; } = "";

    /// <summary>SHA-256 of the input tensor's bytes on the exporting machine, hexadecimal.</summary>
    public string InputSha256 { get; set; } = "";

    /// <summary>Samples of the input tensor.</summary>
    public GoldenTensor Input { get; set; } = new();

    /// <summary>Raw outputs in the graph's order.</summary>
    public GoldenTensor[] Outputs { get; set; } = [];

    /// <summary>Results as <c>ResultJson</c> writes them.</summary>
    public string Results { get; set; } = "";

    /// <summary>Maximum differences of a repetition.</summary>
    public GoldenTolerances Tolerances { get; set; } = new();
}

/// <summary>Values of a tensor: all of them, or samples.</summary>
public sealed record GoldenTensor
{
    /// <summary>Name in the graph.</summary>
    public string Name { get; set; } = "";

    /// <summary>Dimensions.</summary>
    public long[] Shape { get; set; } = [];

    /// <summary>All values, float32 little-endian, deflated, base64; absent if there are too many.</summary>
    public string? Data { get; set; }

    /// <summary>Indices of <see cref="Values"/> in the row-major tensor, if not all values are recorded.</summary>
    public int[]? Indices { get; set; }

    /// <summary>Values at <see cref="Indices"/>.</summary>
    public float[]? Values { get; set; }

    /// <summary>
    /// Gets whether the first axis holds rows that the network found. Their order may differ on another processor; all such
    /// outputs share their rows.
    /// </summary>
    public bool Rows { get; set; }

    /// <summary>Mean of the absolute values of the tensor.</summary>
    public double MeanAbsolute { get; set; }

    /// <summary>Maximum minus minimum of all values of the tensor.</summary>
    public double Range { get; set; }
}

/// <summary>Maximum differences of a repeated self-test.</summary>
/// <remarks>Processors and providers add in different orders, which stays within these; another model exceeds them by far.</remarks>
public sealed record GoldenTolerances
{
    /// <summary>Maximum difference of the input tensor, as a fraction of its range.</summary>
    public double Input { get; set; } = 1e-5;

    /// <summary>Maximum difference of raw outputs, as a fraction of each output's range.</summary>
    public double Outputs { get; set; } = 1e-3;

    /// <summary>Maximum difference of coordinates in results, in pixels.</summary>
    public double Pixels { get; set; } = 0.5;

    /// <summary>Maximum difference of scores and embeddings.</summary>
    public double Scores { get; set; } = 0.01;

    /// <summary>Maximum difference of areas, as a fraction of the map, and of distances, as a fraction of the distance.</summary>
    public double Maps { get; set; } = 0.01;
}
