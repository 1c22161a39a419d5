namespace EdgeVision.Pipeline;

/// <summary>Result of a crop model for one detection.</summary>
public sealed class CropResult
{
    /// <summary>The model's name in the pipeline.</summary>
    public string Model { get; internal set; } = "";

    /// <summary>Index into the frame's detections.</summary>
    public int Detection { get; internal set; }

    /// <summary>The result, in pixels of the whole frame.</summary>
    public VisionResult Result { get; } = new();
}
