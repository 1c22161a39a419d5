using System.Text.Json;
using System.Text.Json.Serialization;

namespace EdgeVision;

/// <summary>
/// What a model means: how frames become its input and how its outputs become results. JSON, carried in the ONNX
/// metadata under <see cref="MetadataKey"/>, beside the model as <c>&lt;model&gt;.spec.json</c>, or given by the caller.
/// </summary>
/// <remarks>Properties are settable because generated JSON readers give absent init-only properties no initialiser's value.</remarks>
public sealed record ModelSpec
{
    /// <summary>Key of the ONNX metadata entry that holds the spec.</summary>
    public const string MetadataKey = "edgevision.spec";

    /// <summary>Version of the spec's format; 1.</summary>
    public int Version { get; set; } = 1;

    /// <summary>Model's name for people; the file's name when absent.</summary>
    public string? Name { get; set; }

    /// <summary>Task of the model: detect, classify, segment, pose, obb, embed, depth, or several separated by '+'.</summary>
    public string Task { get; set; } = "";

    /// <summary>How frames become the network's input.</summary>
    public InputSpec Input { get; set; } = new();

    /// <summary>One entry a head: which decoder reads which outputs.</summary>
    public OutputSpec[] Outputs { get; set; } = [];

    /// <summary>Class names by class id.</summary>
    public string[] Labels { get; set; } = [];

    /// <summary>Pairs of keypoint indices to join when a skeleton is drawn.</summary>
    public int[][]? Skeleton { get; set; }

    /// <summary>Default thresholds; callers may override.</summary>
    public ThresholdSpec Thresholds { get; set; } = new();

    /// <summary>Where the model comes from.</summary>
    public ProvenanceSpec? Provenance { get; set; }

    /// <summary>Self-tests that travel with the model.</summary>
    public GoldenSpec[]? Goldens { get; set; }
}

/// <summary>How frames become the network's input.</summary>
public sealed record InputSpec
{
    /// <summary>Graph input; the first when absent.</summary>
    public string? Name { get; set; }

    /// <summary>Width in pixels.</summary>
    public int Width { get; set; }

    /// <summary>Height in pixels.</summary>
    public int Height { get; set; }

    /// <summary>Axis order.</summary>
    public TensorLayout Layout { get; set; } = TensorLayout.Nchw;

    /// <summary>Element type: Float32, Float16 or UInt8.</summary>
    public TensorElement Element { get; set; } = TensorElement.Float32;

    /// <summary>Channel order of the tensor.</summary>
    public ColorOrder ColorOrder { get; set; } = ColorOrder.Rgb;

    /// <summary>How the frame is fitted.</summary>
    public ResizeSpec Resize { get; set; } = new();

    /// <summary>Per channel in tensor order (or one for all), in units of <c>pixel * Scale</c>: value = (pixel * scale - mean) / std.</summary>
    public float[] Mean { get; set; } = [0];

    /// <summary>Per channel in tensor order (or one for all), not zero.</summary>
    public float[] Std { get; set; } = [1];

    /// <summary>Factor on the 0..255 pixel before mean and std; 1/255 by default.</summary>
    public float Scale { get; set; } = 1f / 255f;
}

/// <summary>How a frame is fitted into the network's input.</summary>
public sealed record ResizeSpec
{
    /// <summary>Fit.</summary>
    public ResizeMode Mode { get; set; } = ResizeMode.Letterbox;

    /// <summary>Filter.</summary>
    public Interpolation Interpolation { get; set; } = Interpolation.Bilinear;

    /// <summary>Grey level (0..255) outside the picture.</summary>
    public int PadValue { get; set; } = 114;

    /// <summary>How the fitted size is rounded.</summary>
    public ResizeRounding Rounding { get; set; } = ResizeRounding.HalfToEven;
}

/// <summary>Axis order of an image tensor.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<TensorLayout>))]
public enum TensorLayout
{
    /// <summary>Batch, channel, row, column.</summary>
    Nchw,
    /// <summary>Batch, row, column, channel.</summary>
    Nhwc,
}

/// <summary>Channel order of an image tensor.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<ColorOrder>))]
public enum ColorOrder
{
    /// <summary>Red, green, blue.</summary>
    Rgb,
    /// <summary>Blue, green, red.</summary>
    Bgr,
    /// <summary>One channel of luminance.</summary>
    Gray,
}

/// <summary>How a frame is fitted.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<ResizeMode>))]
public enum ResizeMode
{
    /// <summary>Keep the aspect, centre, pad both sides (Ultralytics).</summary>
    Letterbox,
    /// <summary>Keep the aspect, place at the top left, pad right and bottom (YOLOX, SCRFD).</summary>
    TopLeft,
    /// <summary>Fill the input, aspect not kept.</summary>
    Stretch,
    /// <summary>Resize the short side to the input, cut the middle (torchvision, Ultralytics classify).</summary>
    CenterCrop,
}

/// <summary>Resize filter. Half-pixel centres, no antialiasing, as OpenCV's INTER_LINEAR and INTER_NEAREST.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<Interpolation>))]
public enum Interpolation
{
    /// <summary>Two taps an axis.</summary>
    Bilinear,
    /// <summary>Nearest pixel.</summary>
    Nearest,
    /// <summary>Triangle filter widened by the reduction, as Pillow and torchvision resize (antialiased).</summary>
    BilinearAntialias,
}

/// <summary>How a fitted size is rounded to whole pixels.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<ResizeRounding>))]
public enum ResizeRounding
{
    /// <summary>To nearest, halves to even (Python's round).</summary>
    HalfToEven,
    /// <summary>Towards zero (YOLOX, torchvision).</summary>
    Truncate,
}

/// <summary>One head: its decoder and what the decoder needs to know.</summary>
public sealed record OutputSpec
{
    /// <summary>Head's name; "main" when there is one.</summary>
    public string Head { get; set; } = "main";

    /// <summary>Decoder's name, such as yolo-dfl, ssd, scrfd, softmax.</summary>
    public string Decoder { get; set; } = "";

    /// <summary>Graph outputs the decoder reads, in the decoder's order; all of the graph's when absent.</summary>
    public string[]? Tensors { get; set; }

    /// <summary>Class names of this head by class id; the spec's when absent. Heads of a multi-task model have classes of their own.</summary>
    public string[]? Labels { get; set; }

    /// <summary>Decoder's parameters by name.</summary>
    public Dictionary<string, JsonElement> Parameters { get; set; } = [];
}

/// <summary>Default thresholds of a model.</summary>
public sealed record ThresholdSpec
{
    /// <summary>Lowest score that is reported, 0..1.</summary>
    public float Confidence { get; set; } = 0.25f;

    /// <summary>IoU above which the lower-scored box is suppressed, 0..1.</summary>
    public float Iou { get; set; } = 0.45f;

    /// <summary>Most detections a frame.</summary>
    public int MaxDetections { get; set; } = 300;

    /// <summary>Suppress across classes.</summary>
    public bool ClassAgnostic { get; set; }
}

/// <summary>Where a model comes from and what was measured of it.</summary>
public sealed record ProvenanceSpec
{
    /// <summary>Architecture's name.</summary>
    public string? Architecture { get; set; }

    /// <summary>Data it was trained on.</summary>
    public string? TrainedOn { get; set; }

    /// <summary>Metrics by name.</summary>
    public Dictionary<string, double>? Metrics { get; set; }

    /// <summary>Version of the exporter.</summary>
    public string? ExporterVersion { get; set; }

    /// <summary>SHA-256 of the weights, hexadecimal.</summary>
    public string? WeightsSha256 { get; set; }

    /// <summary>Licence, source or other remarks.</summary>
    public string? Notes { get; set; }
}
