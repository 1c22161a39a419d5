using EdgeVision.Decoding;

namespace EdgeVision;

/// <summary>Model that detects boxes, also oriented ones, with keypoints or with masks.</summary>
public sealed class Detector : TaskModel
{
    private Detector(VisionModel model) : base(model) { }

    /// <summary>Loads a detector. See <see cref="VisionModel.Load"/>; a model of another task throws <see cref="SpecException"/>.</summary>
    public static Detector Load(string path, RuntimeOptions? options = null) =>
        new(Open(path, options, [OutputKind.Detections], "detect", "segment", "pose", "obb"));

    /// <summary>Runs the model on a frame and returns its detections, highest score first; valid until the next call.</summary>
    public Detections Detect(Frame frame) => Run(frame).Detections;
}
