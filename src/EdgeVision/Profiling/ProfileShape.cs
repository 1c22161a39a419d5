namespace EdgeVision;

/// <summary>Shapes of a network's inputs where nothing tells how it is read.</summary>
internal static class ProfileShape
{
    /// <summary>The input's shape with its open dimensions chosen: the batch, height and width of a picture, and 1 for any other.</summary>
    /// <exception cref="EdgeVisionException">The size that is asked for is not the input's, or none is and the input has none.</exception>
    public static long[] Of(TensorInfo input, ProfileRequest request)
    {
        long[] shape = [.. input.Shape];
        if (shape.Length > 0 && shape[0] < 0)
        {
            shape[0] = request.Batch;
        }
        else if (shape.Length > 0 && shape[0] != request.Batch)
        {
            throw new EdgeVisionException($"input {input} takes batches of {shape[0]}, not {request.Batch}");
        }

        if (Axes(input.Shape) is var (height, width))
        {
            Choose(shape, height, request.Height, input);
            Choose(shape, width, request.Width, input);
        }

        return [.. shape.Select(d => d < 0 ? 1 : d)];
    }

    /// <summary>Width and height of a picture's shape; null of any other.</summary>
    public static (int Width, int Height)? Size(ReadOnlySpan<long> shape) => Axes(shape) is var (height, width) ? ((int)shape[width], (int)shape[height]) : null;

    /// <summary>Axes of height and width: the last two, or the two before the channels; null where the shape is no picture's.</summary>
    public static (int Height, int Width)? Axes(ReadOnlySpan<long> shape) => shape.Length != 4 ? null
        : shape[1] is 1 or 3 or 4 ? (2, 3)
        : shape[3] is 1 or 3 or 4 ? (1, 2)
        : (2, 3);

    private static void Choose(long[] shape, int axis, int? wanted, TensorInfo input)
    {
        if (shape[axis] < 0)
        {
            shape[axis] = wanted ?? throw new EdgeVisionException($"input {input} leaves its size open: say --sizes, such as 320 or 640x384");
        }
        else if (wanted is { } w && w != shape[axis])
        {
            throw new EdgeVisionException($"input {input} does not take another size");
        }
    }
}
