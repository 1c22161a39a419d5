namespace EdgeVision.Tracking;

/// <summary>Motion of the image from the previous frame to this one, as an affine transform in pixels.</summary>
/// <remarks>x' = Xx*x + Xy*y + ShiftX, y' = Yx*x + Yy*y + ShiftY.</remarks>
/// <param name="Xx">Coefficient of x in x'.</param>
/// <param name="Xy">Coefficient of y in x'.</param>
/// <param name="ShiftX">Translation to the right.</param>
/// <param name="Yx">Coefficient of x in y'.</param>
/// <param name="Yy">Coefficient of y in y'.</param>
/// <param name="ShiftY">Translation down.</param>
public readonly record struct AffineMotion(double Xx, double Xy, double ShiftX, double Yx, double Yy, double ShiftY)
{
    /// <summary>Identity transform: the camera did not move.</summary>
    public static AffineMotion Identity => new(1, 0, 0, 0, 1, 0);

    /// <summary>Maps a point of the previous frame to this frame.</summary>
    public (double X, double Y) Apply(double x, double y) => (Xx * x + Xy * y + ShiftX, Yx * x + Yy * y + ShiftY);
}
