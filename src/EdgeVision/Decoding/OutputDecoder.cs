using EdgeVision.Tensors;

namespace EdgeVision.Decoding;

/// <summary>Converts the outputs of one inference to results in pixels of the source frame.</summary>
/// <remarks>
/// A decoder is independent of sessions: it is created from the spec of its head and the description of the graph's outputs, and rejects
/// outputs that do not match. Instances own buffers, so each serves one thread at a time and allocates nothing in steady state. Properties
/// say what a decoder can do, never its name. <see cref="DecoderRegistry.Register"/> adds a decoder of your own.
/// </remarks>
public abstract class OutputDecoder
{
    /// <summary>Decodes item <paramref name="batch"/> of <paramref name="outputs"/> into <paramref name="result"/>.</summary>
    /// <exception cref="ModelFormatException">A shape does not match this decoder.</exception>
    /// <exception cref="InvalidOutputException">An output contains NaN or infinity.</exception>
    public abstract void Decode(TensorSet outputs, int batch, in FrameTransform transform, VisionResult result);

    /// <summary>Gets the part of a result that this decoder fills; two heads of a model fill two parts.</summary>
    public virtual OutputKind Produces => OutputKind.Detections;

    /// <summary>Gets whether the detections have masks.</summary>
    public virtual bool ProducesMasks => false;

    /// <summary>Gets whether the detections have keypoints.</summary>
    public virtual bool ProducesKeypoints => false;

    /// <summary>Gets whether the result is always the one instance that fills the input; nothing is searched for.</summary>
    public virtual bool IsTopDown => false;

    /// <summary>Gets whether an inference may have several frames; false if outputs do not say which frame a row belongs to.</summary>
    public virtual bool SupportsBatches => true;

    /// <summary>Sets the class names of this decoder's head on the part of <paramref name="result"/> that it fills.</summary>
    /// <remarks>It runs before <see cref="Decode"/>. The default sets those of the detections.</remarks>
    public virtual void SetLabels(VisionResult result, string[] labels)
    {
        ArgumentNullException.ThrowIfNull(result);
        result.Detections.Labels = labels;
    }
}
