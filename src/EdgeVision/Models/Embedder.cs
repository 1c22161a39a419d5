using EdgeVision.Decoding;

namespace EdgeVision;

/// <summary>Model that computes the feature vector of an image.</summary>
public sealed class Embedder : TaskModel
{
    private Embedder(VisionModel model) : base(model) { }

    /// <summary>
    /// Loads an embedder. See <see cref="VisionModel.Load"/>; a model of another task throws <see cref="SpecException"/>.
    /// </summary>
    public static Embedder Load(string path, RuntimeOptions? options = null) =>
        new(Open(path, options, [OutputKind.Embedding], "embed"));

    /// <summary>Runs the model on a frame, or on a part of it, and returns the feature vector; valid until the next call.</summary>
    public Embedding Embed(Frame frame, in Box? crop = null) => Run(frame, crop).Embedding;
}
