using EdgeVision.Evaluation.Coco;
using EdgeVision.Imaging;

namespace EdgeVision.Cli.Evaluation;

/// <summary>Outcome of an object when annotations and predictions are compared.</summary>
public enum ComparisonOutcome
{
    /// <summary>Annotated and found: a solid green line.</summary>
    MatchedAnnotation,

    /// <summary>Annotated and not found: a dashed orange line.</summary>
    MissedAnnotation,

    /// <summary>Found and annotated: a solid blue line.</summary>
    TruePositive,

    /// <summary>Found and not annotated: a dashed red line.</summary>
    FalsePositive,
}

/// <summary>An object of a <see cref="ComparisonPanel"/>.</summary>
/// <param name="Box">Box in pixels of the image.</param>
/// <param name="Text">Text at the box; none when empty.</param>
/// <param name="Outcome">Outcome of the object; selects its line style.</param>
public sealed record ComparedObject(CocoBox Box, string Text, ComparisonOutcome Outcome)
{
    /// <summary>Gets the mask, in pixels of the image, which is tinted; null for none.</summary>
    public CocoMask? Mask { get; init; }

    /// <summary>Gets the keypoints in pixels, those of visibility 0 are not drawn; null for none.</summary>
    public IReadOnlyList<CocoKeypoint>? Keypoints { get; init; }
}

/// <summary>One half of a comparison: an image and the objects on it.</summary>
/// <param name="Image">The image.</param>
/// <param name="Title">One line of text above the image.</param>
public sealed record ComparisonPanel(LoadedImage Image, string Title)
{
    /// <summary>Gets the objects to draw, the last one on top.</summary>
    public IReadOnlyList<ComparedObject> Objects { get; init; } = [];

    /// <summary>Gets the class of each pixel, row-major, [height * width] of the image; empty for none.</summary>
    /// <remarks>Each class is tinted in its colour; 0 and 255 are left as they are.</remarks>
    public ReadOnlyMemory<byte> ClassIds { get; init; }
}
