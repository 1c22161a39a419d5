namespace EdgeVision;

/// <summary>All results of one frame; parts that a model does not produce are empty.</summary>
/// <remarks>An instance can be reused for the next frame: its buffers grow and are kept, so a steady stream allocates nothing.</remarks>
public sealed class VisionResult
{
    /// <summary>Gets the boxes with scores, classes and, if the model has them, keypoints, masks and rotations.</summary>
    public Detections Detections { get; } = new();

    /// <summary>Gets or sets whether the model detects boxes, so that an empty list is a result too.</summary>
    public bool HasDetections { get; set; }

    /// <summary>Gets the classes by descending score.</summary>
    public Classification Classification { get; } = new();

    /// <summary>Gets the L2-normalized feature vector.</summary>
    public Embedding Embedding { get; } = new();

    /// <summary>Gets the class of each pixel.</summary>
    public SegmentationMap Segmentation { get; } = new();

    /// <summary>Gets the distance of each pixel.</summary>
    public DepthMap Depth { get; } = new();

    /// <summary>Gets or sets the time of each stage.</summary>
    public StageTiming Timing { get; set; }

    /// <summary>Gets or sets the frame's width in pixels.</summary>
    public int FrameWidth { get; set; }

    /// <summary>Gets or sets the frame's height in pixels.</summary>
    public int FrameHeight { get; set; }

    /// <summary>Gets or sets the transform from the frame to the network's input.</summary>
    public FrameTransform Transform { get; set; }

    /// <summary>Copies boxes (without masks), classes and embedding of another result.</summary>
    public void CopyFrom(VisionResult other)
    {
        Clear();
        (HasDetections, Timing) = (other.HasDetections, other.Timing);
        (FrameWidth, FrameHeight, Transform) = (other.FrameWidth, other.FrameHeight, other.Transform);
        Detections.CopyFrom(other.Detections);
        Classification.CopyFrom(other.Classification);
        other.Embedding.Values.CopyTo(Embedding.Resize(other.Embedding.Count));
    }

    /// <summary>Removes all results and keeps the buffers.</summary>
    public void Clear()
    {
        HasDetections = false;
        Detections.Clear();
        Classification.Clear();
        Embedding.Clear();
        Segmentation.Clear();
        Depth.Clear();
        Timing = default;
    }
}
