namespace EdgeVision;

/// <summary>Axis-aligned box in pixels of the frame, with continuous coordinates of its edges.</summary>
/// <param name="X1">Left.</param>
/// <param name="Y1">Top.</param>
/// <param name="X2">Right.</param>
/// <param name="Y2">Bottom.</param>
public readonly record struct Box(float X1, float Y1, float X2, float Y2)
{
    /// <summary>Width in pixels.</summary>
    public float Width => X2 - X1;

    /// <summary>Height in pixels.</summary>
    public float Height => Y2 - Y1;

    /// <summary>Formats the box like <c>(12.0, 30.5) - (40.2, 80.0)</c>.</summary>
    public override string ToString() => FormattableString.Invariant($"({X1:F1}, {Y1:F1}) - ({X2:F1}, {Y2:F1})");
}
