namespace EdgeVision.Imaging;

/// <summary>What became of an object when labels and findings were compared.</summary>
public enum ComparisonMark
{
    /// <summary>Annotated, and found too: a solid green line.</summary>
    Annotated,

    /// <summary>Annotated and not found: a dashed orange line.</summary>
    Missed,

    /// <summary>Found, and annotated too: a solid blue line.</summary>
    Found,

    /// <summary>Found and not annotated: a dashed red line.</summary>
    False,
}

/// <summary>An object of a <see cref="ComparisonPanel"/>.</summary>
/// <param name="Box">Box in pixels of the picture.</param>
/// <param name="Text">What stands at the box; nothing where empty.</param>
/// <param name="Mark">What became of it; decides its line.</param>
public sealed record ComparedObject(CocoBox Box, string Text, ComparisonMark Mark)
{
    /// <summary>Its pixels, in the plane of the picture; they are tinted. None where null.</summary>
    public CocoMask? Mask { get; init; }

    /// <summary>Its keypoints in pixels; those of visibility 0 are not drawn. None where null.</summary>
    public IReadOnlyList<CocoKeypoint>? Keypoints { get; init; }
}

/// <summary>One half of a comparison: a picture with what lies on it.</summary>
/// <param name="Image">The picture.</param>
/// <param name="Title">One line above it.</param>
public sealed record ComparisonPanel(LoadedImage Image, string Title)
{
    /// <summary>Objects to draw, the last on top.</summary>
    public IReadOnlyList<ComparedObject> Objects { get; init; } = [];

    /// <summary>
    /// Class of each pixel, row-major, [height * width] of the picture; each class is tinted in its colour, 0 and 255 are left as
    /// they are. None where empty.
    /// </summary>
    public ReadOnlyMemory<byte> ClassIds { get; init; }
}
