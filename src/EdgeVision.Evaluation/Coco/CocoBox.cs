namespace EdgeVision.Evaluation.Coco;

/// <summary>
/// Box as in COCO's files: top left corner and size in pixels. Double precision, to match the reference's numbers exactly.
/// </summary>
/// <param name="X">Left edge.</param>
/// <param name="Y">Top edge.</param>
/// <param name="Width">Width, 0 or more.</param>
/// <param name="Height">Height, 0 or more.</param>
public readonly record struct CocoBox(double X, double Y, double Width, double Height)
{
    /// <summary>Gets width times height, square pixels.</summary>
    public double Area => Width * Height;

    /// <summary>Creates the box between two corners.</summary>
    public static CocoBox FromCorners(double x1, double y1, double x2, double y2) => new(x1, y1, x2 - x1, y2 - y1);

    /// <summary>Converts a box of the runtime; swapped corners give a size of 0.</summary>
    public static implicit operator CocoBox(in Box box) =>
        new(box.X1, box.Y1, Math.Max(0, (double)box.X2 - box.X1), Math.Max(0, (double)box.Y2 - box.Y1));
}
