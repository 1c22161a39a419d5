using EdgeVision.Tensors;

namespace EdgeVision.Decoding;

/// <summary>Converts the outputs of one inference to results in pixels of the source frame.</summary>
/// <remarks>
/// A decoder is independent of sessions: it is created from the spec of its head and the description of the graph's outputs, and rejects
/// outputs that do not match. Instances own buffers, so each serves one thread at a time and allocates nothing in steady state.
/// </remarks>
public abstract class OutputDecoder
{
    /// <summary>Decodes item <paramref name="batch"/> of <paramref name="outputs"/> into <paramref name="result"/>.</summary>
    /// <exception cref="ModelFormatException">A shape does not match this decoder.</exception>
    /// <exception cref="InvalidOutputException">An output contains NaN or infinity.</exception>
    public abstract void Decode(TensorSet outputs, int batch, in FrameTransform transform, VisionResult result);

    /// <summary>Gets the part of a result that this decoder fills; two heads of a model fill two parts.</summary>
    internal virtual OutputKind Produces => OutputKind.Detections;

    /// <summary>Sets the class names of this decoder's head on the part of <paramref name="result"/> that it fills.</summary>
    public virtual void SetLabels(VisionResult result, string[] labels) => result.Detections.Labels = labels;
}
