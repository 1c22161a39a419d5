using EdgeVision.Decoding;

namespace EdgeVision;

/// <summary>Model that detects bodies, hands or faces with their keypoints.</summary>
public sealed class PoseEstimator : TaskModel
{
    private PoseEstimator(VisionModel model) : base(model) { }

    /// <summary>
    /// Loads a pose model. See <see cref="VisionModel.Load"/>; a model of another task throws <see cref="SpecException"/>.
    /// </summary>
    public static PoseEstimator Load(string path, RuntimeOptions? options = null) =>
        new(Open(path, options, [OutputKind.Detections], "pose"));

    /// <summary>Gets whether the model is top-down: it returns the keypoints of one instance that fills its input.</summary>
    public bool IsTopDown => Model.IsTopDown;

    /// <summary>Runs the model on a frame and returns its instances with keypoints, highest score first.</summary>
    /// <remarks>
    /// A top-down model returns the one instance that fills the frame or <paramref name="crop"/>, such as a detector's box with some
    /// margin. Valid until the next call.
    /// </remarks>
    /// <param name="frame">Source frame.</param>
    /// <param name="crop">Part of the frame in pixels; keypoints are still in pixels of the full frame.</param>
    public Detections Estimate(Frame frame, in Box? crop = null) => Run(frame, crop).Detections;
}
