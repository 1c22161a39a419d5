using System.Text.Json;
using System.Text.Json.Serialization;

namespace EdgeVision.Specs;

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
