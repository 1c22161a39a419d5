namespace EdgeVision;

/// <summary>What a caller may change of a decoder after a model is loaded.</summary>
/// <param name="Confidence">Lowest score reported, 0..1.</param>
/// <param name="Iou">IoU above which the lower-scored box is suppressed, 0..1.</param>
/// <param name="MaxDetections">Most detections a frame, at least 1.</param>
/// <param name="ClassAgnostic">Suppress across classes.</param>
public sealed record DecoderOptions(float Confidence, float Iou, int MaxDetections, bool ClassAgnostic)
{
    /// <summary>Threads that may fill masks side by side, at least 1.</summary>
    public int Threads { get; init; } = 1;
}

/// <summary>
/// Turns the outputs of one run into results in pixels of the source frame. A decoder knows nothing of sessions: it is
/// made from the spec of its head and the description of the graph's outputs, and refuses outputs that do not fit.
/// Instances keep scratch memory, so they serve one thread at a time and allocate nothing in steady state.
/// </summary>
public abstract class OutputDecoder
{
    /// <summary>Decodes item <paramref name="batch"/> of <paramref name="outputs"/> into <paramref name="result"/>.</summary>
    /// <exception cref="ModelFormatException">A shape does not fit this decoder.</exception>
    /// <exception cref="InvalidOutputException">The network put out NaN or infinity.</exception>
    public abstract void Decode(TensorSet outputs, int batch, in FrameTransform transform, VisionResult result);

    /// <summary>Which part of a result this decoder fills; two heads of a model fill two parts.</summary>
    internal virtual ResultPart Fills => ResultPart.Detections;

    /// <summary>Gives the part of <paramref name="result"/> that this decoder fills the class names of its head.</summary>
    internal virtual void Name(VisionResult result, string[] labels) => result.Detections.Labels = labels;
}

/// <summary>The parts of a <see cref="VisionResult"/>.</summary>
public enum ResultPart
{
    /// <summary><see cref="VisionResult.Detections"/>.</summary>
    Detections,

    /// <summary><see cref="VisionResult.Classification"/>.</summary>
    Classification,

    /// <summary><see cref="VisionResult.Embedding"/>.</summary>
    Embedding,

    /// <summary><see cref="VisionResult.Segmentation"/>.</summary>
    Segmentation,

    /// <summary><see cref="VisionResult.Depth"/>.</summary>
    Depth,
}
