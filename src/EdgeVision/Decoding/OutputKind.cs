namespace EdgeVision.Decoding;

/// <summary>Parts of a <see cref="VisionResult"/>.</summary>
public enum OutputKind
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
