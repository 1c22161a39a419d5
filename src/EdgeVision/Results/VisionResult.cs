namespace EdgeVision;

/// <summary>
/// Everything one frame gave. An instance may be used again for the next frame; its buffers grow and stay, so a steady
/// stream allocates nothing. What does not apply to a model stays empty.
/// </summary>
public sealed class VisionResult
{
    /// <summary>Boxes with scores, classes and, where the model gives them, keypoints, masks and rotations.</summary>
    public Detections Detections { get; } = new();

    /// <summary>Whether boxes were looked for, so that none is a finding too.</summary>
    public bool HasDetections { get; set; }

    /// <summary>Classes by descending score.</summary>
    public Classification Classification { get; } = new();

    /// <summary>L2-normalised feature vector.</summary>
    public Embedding Embedding { get; } = new();

    /// <summary>Class of each pixel.</summary>
    public SegmentationMap Segmentation { get; } = new();

    /// <summary>Distance of each pixel.</summary>
    public DepthMap Depth { get; } = new();

    /// <summary>Time spent on each stage.</summary>
    public StageTiming Timing { get; set; }

    /// <summary>Frame's width in pixels.</summary>
    public int FrameWidth { get; set; }

    /// <summary>Frame's height in pixels.</summary>
    public int FrameHeight { get; set; }

    /// <summary>Transform that the frame went through.</summary>
    public FrameTransform Transform { get; set; }

    /// <summary>Takes over boxes (without masks), classes and embedding of another.</summary>
    internal void CopyFrom(VisionResult other)
    {
        Clear();
        (HasDetections, FrameWidth, FrameHeight, Transform, Timing) = (other.HasDetections, other.FrameWidth, other.FrameHeight, other.Transform, other.Timing);
        Detections.CopyFrom(other.Detections);
        Classification.CopyFrom(other.Classification);
        other.Embedding.Values.CopyTo(Embedding.Resize(other.Embedding.Count));
    }

    /// <summary>Empties the result and keeps its buffers.</summary>
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

/// <summary>Time spent on each stage of one frame, in milliseconds.</summary>
/// <param name="PreprocessMs">Frame to tensor.</param>
/// <param name="InferenceMs">The network.</param>
/// <param name="PostprocessMs">Tensors to results.</param>
public readonly record struct StageTiming(double PreprocessMs, double InferenceMs, double PostprocessMs);

/// <summary>Times of the stages of one run, the whole batch together, in nanoseconds.</summary>
/// <param name="Preprocess">From frames to the network's input.</param>
/// <param name="CopyIn">Handing the inputs over to the session.</param>
/// <param name="Run">In the network.</param>
/// <param name="CopyOut">Taking the outputs from the session.</param>
/// <param name="Postprocess">From outputs to results.</param>
public readonly record struct StageTimes(long Preprocess, long CopyIn, long Run, long CopyOut, long Postprocess);
