namespace EdgeVision.Decoding;

/// <summary>Options of a decoder that a caller may change after a model is loaded.</summary>
/// <param name="Confidence">Minimum score reported, 0..1.</param>
/// <param name="Iou">IoU above which the lower-scored box is suppressed, 0..1.</param>
/// <param name="MaxDetections">Maximum number of detections per frame, at least 1.</param>
/// <param name="ClassAgnostic">Suppress across classes.</param>
public sealed record DecoderOptions(float Confidence, float Iou, int MaxDetections, bool ClassAgnostic)
{
    /// <summary>Gets the number of threads that may fill masks in parallel, at least 1.</summary>
    public int Threads { get; init; } = 1;
}
