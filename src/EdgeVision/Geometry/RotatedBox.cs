namespace EdgeVision;

/// <summary>Oriented box in pixels of the frame.</summary>
/// <param name="CenterX">Horizontal center.</param>
/// <param name="CenterY">Vertical center.</param>
/// <param name="Width">Side along the angle.</param>
/// <param name="Height">Side across the angle.</param>
/// <param name="Angle">Radians, clockwise as seen on a screen (y down).</param>
public readonly record struct RotatedBox(float CenterX, float CenterY, float Width, float Height, float Angle);
