using EdgeVision.Decoding;

namespace EdgeVision;

/// <summary>Model that classifies an image.</summary>
public sealed class Classifier : TaskModel
{
    private Classifier(VisionModel model) : base(model) { }

    /// <summary>
    /// Loads a classifier. See <see cref="VisionModel.Load"/>; a model of another task throws <see cref="SpecException"/>.
    /// </summary>
    public static Classifier Load(string path, RuntimeOptions? options = null) =>
        new(Open(path, options, [OutputKind.Classification], "classify"));

    /// <summary>Runs the model on a frame and returns its highest-scored classes; valid until the next call.</summary>
    public Classification Classify(Frame frame) => Run(frame).Classification;
}
