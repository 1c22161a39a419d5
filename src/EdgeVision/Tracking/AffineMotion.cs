namespace EdgeVision;

/// <summary>How the picture moved from the last frame to this one: x' = Xx*x + Xy*y + ShiftX, y' = Yx*x + Yy*y + ShiftY, in pixels.</summary>
/// <param name="Xx">Share of x in x'.</param>
/// <param name="Xy">Share of y in x'.</param>
/// <param name="ShiftX">Shift to the right.</param>
/// <param name="Yx">Share of x in y'.</param>
/// <param name="Yy">Share of y in y'.</param>
/// <param name="ShiftY">Shift down.</param>
public readonly record struct AffineMotion(double Xx, double Xy, double ShiftX, double Yx, double Yy, double ShiftY)
{
    /// <summary>A camera at rest.</summary>
    public static AffineMotion None => new(1, 0, 0, 0, 1, 0);

    /// <summary>Where a point of the last frame lies in this one.</summary>
    public (double X, double Y) Apply(double x, double y) => (Xx * x + Xy * y + ShiftX, Yx * x + Yy * y + ShiftY);
}
