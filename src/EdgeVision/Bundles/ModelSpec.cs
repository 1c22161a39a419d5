using System.Text.Json;
using System.Text.Json.Serialization;

namespace EdgeVision;

/// <summary>Describes how frames become a model's input and how its outputs become results.</summary>
/// <remarks>
/// JSON, stored in the ONNX metadata under <see cref="MetadataKey"/>, beside the model as <c>&lt;model&gt;.spec.json</c>, or given by
/// the caller. Properties are settable because generated JSON readers skip the initializers of absent init-only properties.
/// </remarks>
public sealed record ModelSpec
{
    /// <summary>Key of the ONNX metadata entry that holds the spec.</summary>
    public const string MetadataKey = "edgevision.spec";

    /// <summary>Version of the spec's format; 1.</summary>
    public int Version { get; set; } = 1;

    /// <summary>Display name of the model; the file's name when absent.</summary>
    public string? Name { get; set; }

    /// <summary>Task of the model: detect, classify, segment, pose, obb, embed or depth, or several joined by '+'.</summary>
    public string Task { get; set; } = "";

    /// <summary>Describes how frames become the network's input.</summary>
    public InputSpec Input { get; set; } = new();

    /// <summary>Heads of the model: one decoder each, with the outputs that it reads.</summary>
    public OutputSpec[] Outputs { get; set; } = [];

    /// <summary>Class names by class id.</summary>
    public string[] Labels { get; set; } = [];

    /// <summary>Pairs of keypoint indices to join when a skeleton is drawn.</summary>
    public int[][]? Skeleton { get; set; }

    /// <summary>Default thresholds; callers may override them.</summary>
    public ThresholdSpec Thresholds { get; set; } = new();

    /// <summary>Origin of the model.</summary>
    public ProvenanceSpec? Provenance { get; set; }

    /// <summary>Self-tests stored in the model.</summary>
    public GoldenSpec[]? Goldens { get; set; }
}

/// <summary>Describes how frames become the network's input.</summary>
public sealed record InputSpec
{
    /// <summary>Name of the graph input; the first input when absent.</summary>
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

    /// <summary>Options of resizing the frame to the input.</summary>
    public ResizeSpec Resize { get; set; } = new();

    /// <summary>Mean for each channel in tensor order, or one for all, in units of <c>pixel * Scale</c>.</summary>
    /// <remarks>value = (pixel * scale - mean) / std.</remarks>
    public float[] Mean { get; set; } = [0];

    /// <summary>Standard deviation for each channel in tensor order, or one for all; not zero.</summary>
    public float[] Std { get; set; } = [1];

    /// <summary>Factor applied to the 0..255 pixel before mean and std; 1/255 by default.</summary>
    public float Scale { get; set; } = 1f / 255f;
}

/// <summary>Options of resizing a frame to the network's input.</summary>
public sealed record ResizeSpec
{
    /// <summary>Way the frame is fitted into the input.</summary>
    public ResizeMode Mode { get; set; } = ResizeMode.Letterbox;

    /// <summary>Resize filter.</summary>
    public Interpolation Interpolation { get; set; } = Interpolation.Bilinear;

    /// <summary>Gray level (0..255) of the padding.</summary>
    public int PadValue { get; set; } = 114;

    /// <summary>Rounding of the fitted size.</summary>
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

/// <summary>Ways to fit a frame into the network's input.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<ResizeMode>))]
public enum ResizeMode
{
    /// <summary>Keep the aspect ratio, center, pad both sides (Ultralytics).</summary>
    Letterbox,
    /// <summary>Keep the aspect ratio, place at the top left, pad right and bottom (YOLOX, SCRFD).</summary>
    TopLeft,
    /// <summary>Fill the input without keeping the aspect ratio.</summary>
    Stretch,
    /// <summary>Resize the short side to the input and crop the center (torchvision, Ultralytics classify).</summary>
    CenterCrop,
}

/// <summary>Resize filters. Half-pixel centers, no antialiasing, as OpenCV's INTER_LINEAR and INTER_NEAREST.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<Interpolation>))]
public enum Interpolation
{
    /// <summary>Bilinear: two taps per axis.</summary>
    Bilinear,
    /// <summary>Nearest pixel.</summary>
    Nearest,
    /// <summary>Triangle filter widened by the reduction, as Pillow and torchvision resize (antialiased).</summary>
    BilinearAntialias,
}

/// <summary>Ways to round a fitted size to integer pixels.</summary>
[JsonConverter(typeof(CamelCaseEnumConverter<ResizeRounding>))]
public enum ResizeRounding
{
    /// <summary>To nearest, halves to even (Python's round).</summary>
    HalfToEven,
    /// <summary>Towards zero (YOLOX, torchvision).</summary>
    Truncate,
}

/// <summary>One head: its decoder and the decoder's parameters.</summary>
public sealed record OutputSpec
{
    /// <summary>Head's name; "main" if there is only one.</summary>
    public string Head { get; set; } = "main";

    /// <summary>Decoder's name, such as yolo-dfl, ssd, scrfd, softmax.</summary>
    public string Decoder { get; set; } = "";

    /// <summary>Graph outputs that the decoder reads, in the decoder's order; all outputs of the graph when absent.</summary>
    public string[]? Tensors { get; set; }

    /// <summary>Class names of this head by class id; the spec's when absent. Heads of a multi-task model have their own classes.</summary>
    public string[]? Labels { get; set; }

    /// <summary>Decoder's parameters by name.</summary>
    public Dictionary<string, JsonElement> Parameters { get; set; } = [];
}

/// <summary>Default thresholds of a model.</summary>
public sealed record ThresholdSpec
{
    /// <summary>Minimum score of a reported result, 0..1.</summary>
    public float Confidence { get; set; } = 0.25f;

    /// <summary>IoU above which the lower-scored box is suppressed, 0..1.</summary>
    public float Iou { get; set; } = 0.45f;

    /// <summary>Maximum number of detections per frame.</summary>
    public int MaxDetections { get; set; } = 300;

    /// <summary>Gets whether boxes of different classes suppress each other.</summary>
    public bool ClassAgnostic { get; set; }
}

/// <summary>Origin and measured metrics of a model.</summary>
public sealed record ProvenanceSpec
{
    /// <summary>Architecture's name.</summary>
    public string? Architecture { get; set; }

    /// <summary>Training data.</summary>
    public string? TrainedOn { get; set; }

    /// <summary>Metrics by name.</summary>
    public Dictionary<string, double>? Metrics { get; set; }

    /// <summary>Version of the exporter.</summary>
    public string? ExporterVersion { get; set; }

    /// <summary>SHA-256 of the weights, hexadecimal.</summary>
    public string? WeightsSha256 { get; set; }

    /// <summary>License, source or other remarks.</summary>
    public string? Notes { get; set; }
}
