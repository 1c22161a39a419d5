namespace EdgeVision;

/// <summary>Mapping between pixels of the network's input and pixels of the source frame, as made by a resize.</summary>
/// <remarks><c>frame = (input - Pad) / Scale + Crop</c> for each axis. All values are in pixels.</remarks>
/// <param name="ScaleX">Input pixels per frame pixel, horizontally.</param>
/// <param name="ScaleY">Input pixels per frame pixel, vertically.</param>
/// <param name="PadX">Input column where the image starts (the reference's rounded pad).</param>
/// <param name="PadY">Input row where the image starts.</param>
/// <param name="CropX">Frame column at <paramref name="PadX"/>.</param>
/// <param name="CropY">Frame row at <paramref name="PadY"/>.</param>
/// <param name="InputWidth">Width of the network's input.</param>
/// <param name="InputHeight">Height of the network's input.</param>
/// <param name="FrameWidth">Width of the source frame.</param>
/// <param name="FrameHeight">Height of the source frame.</param>
public readonly record struct FrameTransform(
    float ScaleX, float ScaleY, float PadX, float PadY, float CropX, float CropY,
    int InputWidth, int InputHeight, int FrameWidth, int FrameHeight)
{
    /// <summary>Gets the horizontal pad before rounding.</summary>
    /// <remarks>Ultralytics subtracts this pad from keypoints, and the rounded one from boxes.</remarks>
    public float ExactPadX { get; init; } = PadX;

    /// <summary>Gets the vertical pad before rounding.</summary>
    public float ExactPadY { get; init; } = PadY;

    /// <summary>Gets the number of frame columns, starting at <see cref="CropX"/>, that were fitted into the input.</summary>
    public float CropWidth { get; init; } = FrameWidth - CropX;

    /// <summary>Gets the number of frame rows, starting at <see cref="CropY"/>, that were fitted into the input.</summary>
    public float CropHeight { get; init; } = FrameHeight - CropY;

    /// <summary>Gets the part of the frame that the input shows, in frame pixels: the crop without what a center crop removes.</summary>
    public Box View => ScaleX > 0 && ScaleY > 0
        ? new(
            MathF.Max(CropX, ToFrameX(0)), MathF.Max(CropY, ToFrameY(0)),
                MathF.Min(MathF.Min(CropX + CropWidth, FrameWidth), ToFrameX(InputWidth)),
                MathF.Min(MathF.Min(CropY + CropHeight, FrameHeight), ToFrameY(InputHeight)))
        : default;

    /// <summary>Returns the transform of a frame that is the network's input without a resize.</summary>
    public static FrameTransform Identity(int width, int height) =>
        new(1, 1, 0, 0, 0, 0, width, height, width, height);

    /// <summary>Converts a column of the network's input to a column of the frame.</summary>
    public float ToFrameX(float x) => (x - PadX) / ScaleX + CropX;

    /// <summary>Converts a row of the network's input to a row of the frame.</summary>
    public float ToFrameY(float y) => (y - PadY) / ScaleY + CropY;

    /// <summary>Converts a column of the frame to a column of the network's input.</summary>
    public float ToInputX(float x) => (x - CropX) * ScaleX + PadX;

    /// <summary>Converts a row of the frame to a row of the network's input.</summary>
    public float ToInputY(float y) => (y - CropY) * ScaleY + PadY;
}
