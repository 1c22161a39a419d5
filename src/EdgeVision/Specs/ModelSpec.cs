using System.Text.Json;
using System.Text.Json.Serialization;

namespace EdgeVision.Specs;

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
