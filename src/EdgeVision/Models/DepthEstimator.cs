using EdgeVision.Decoding;

namespace EdgeVision;

/// <summary>Model that estimates the distance of every pixel.</summary>
public sealed class DepthEstimator : TaskModel
{
    private DepthEstimator(VisionModel model) : base(model) { }

    /// <summary>
    /// Loads a depth model. See <see cref="VisionModel.Load"/>; a model of another task throws <see cref="SpecException"/>.
    /// </summary>
    public static DepthEstimator Load(string path, RuntimeOptions? options = null) =>
        new(Open(path, options, [OutputKind.Depth], "depth"));

    /// <summary>Runs the model on a frame, or on a part of it, and returns the distances; valid until the next call.</summary>
    public DepthMap Estimate(Frame frame, in Box? crop = null) => Run(frame, crop).Depth;
}
