using EdgeVision.Tensors;

namespace EdgeVision.Profiling.Measurement;

/// <summary>Chooses the shapes of a network's inputs if the model has no spec.</summary>
internal static class ProfileShape
{
    /// <summary>Returns the input's shape with variable dimensions set: batch, height and width of an image, else 1.</summary>
    /// <exception cref="EdgeVisionException">The requested size is not the input's, or none is given for a variable size.</exception>
    public static long[] Resolve(TensorInfo input, ProfileRequest request)
    {
        long[] shape = [.. input.Shape];
        if (shape.Length > 0 && shape[0] < 0)
        {
            shape[0] = request.Batch;
        }
        else if (shape.Length > 0 && shape[0] != request.Batch)
        {
            throw new EdgeVisionException($"the batch of input {input} must be {shape[0]}; got {request.Batch}");
        }

        if (GetImageAxes(input.Shape) is var (height, width))
        {
            ResolveAxis(shape, height, request.Height, input);
            ResolveAxis(shape, width, request.Width, input);
        }

        return [.. shape.Select(d => d < 0 ? 1 : d)];
    }

    /// <summary>Returns width and height of an image's shape; null for any other shape.</summary>
    public static (int Width, int Height)? GetImageSize(ReadOnlySpan<long> shape) =>
        GetImageAxes(shape) is var (height, width) ? ((int)shape[width], (int)shape[height]) : null;

    /// <summary>Returns the axes of height and width (the last two, or the two before the channels); null if not an image.</summary>
    public static (int Height, int Width)? GetImageAxes(ReadOnlySpan<long> shape) => shape.Length != 4 ? null
        : shape[1] is 1 or 3 or 4 ? (2, 3)
        : shape[3] is 1 or 3 or 4 ? (1, 2)
        : (2, 3);

    private static void ResolveAxis(long[] shape, int axis, int? wanted, TensorInfo input)
    {
        if (shape[axis] < 0)
        {
            shape[axis] = wanted
                ?? throw new EdgeVisionException($"input {input} has a variable size; give one with --sizes, such as 320 or 640x384");
        }
        else if (wanted is { } w && w != shape[axis])
        {
            throw new EdgeVisionException($"dimension {axis} of input {input} must be {shape[axis]}; got {w}");
        }
    }
}
