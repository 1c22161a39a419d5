namespace EdgeVision;

/// <summary>Rectangle of an instance's mask in the mask plane: bytes (0 or 1), row-major.</summary>
/// <remarks>
/// The plane has the size of the network's input, letterbox included; <see cref="VisionResult.Transform"/> maps it to the frame.
/// </remarks>
/// <param name="X">First column of the rectangle.</param>
/// <param name="Y">First row.</param>
/// <param name="Width">Number of columns; may be 0.</param>
/// <param name="Height">Number of rows; may be 0.</param>
/// <param name="Offset">First byte in the mask buffer.</param>
public readonly record struct MaskRegion(int X, int Y, int Width, int Height, int Offset);
