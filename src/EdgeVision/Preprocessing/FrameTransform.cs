namespace EdgeVision;

/// <summary>
/// The map between the network's input pixels and the source frame's pixels that a resize made:
/// <c>frame = (input - Pad) / Scale + Crop</c>, an axis at a time. Pixel units throughout.
/// </summary>
/// <param name="ScaleX">Input pixels per frame pixel, horizontally.</param>
/// <param name="ScaleY">Input pixels per frame pixel, vertically.</param>
/// <param name="PadX">Input column where the picture begins (the reference's rounded pad).</param>
/// <param name="PadY">Input row where the picture begins.</param>
/// <param name="CropX">Frame column that lies at <paramref name="PadX"/>.</param>
/// <param name="CropY">Frame row that lies at <paramref name="PadY"/>.</param>
/// <param name="InputWidth">Width of the network's input.</param>
/// <param name="InputHeight">Height of the network's input.</param>
/// <param name="FrameWidth">Width of the source frame.</param>
/// <param name="FrameHeight">Height of the source frame.</param>
public readonly record struct FrameTransform(
    float ScaleX, float ScaleY, float PadX, float PadY, float CropX, float CropY,
    int InputWidth, int InputHeight, int FrameWidth, int FrameHeight)
{
    /// <summary>Where the picture begins before rounding; Ultralytics takes this pad back from keypoints, and the rounded one from boxes.</summary>
    public float ExactPadX { get; init; } = PadX;

    /// <summary>The same for rows.</summary>
    public float ExactPadY { get; init; } = PadY;

    /// <summary>Columns of the frame, from <see cref="CropX"/> on, that were fitted into the input.</summary>
    public float CropWidth { get; init; } = FrameWidth - CropX;

    /// <summary>Rows of the frame, from <see cref="CropY"/> on, that were fitted into the input.</summary>
    public float CropHeight { get; init; } = FrameHeight - CropY;

    /// <summary>Part of the frame that the input shows, in pixels of the frame: its crop, less what a centre crop cuts away.</summary>
    public Box View => ScaleX > 0 && ScaleY > 0
        ? new(
            MathF.Max(CropX, ToFrameX(0)), MathF.Max(CropY, ToFrameY(0)),
            MathF.Min(MathF.Min(CropX + CropWidth, FrameWidth), ToFrameX(InputWidth)), MathF.Min(MathF.Min(CropY + CropHeight, FrameHeight), ToFrameY(InputHeight)))
        : default;

    /// <summary>The transform of a frame that is already the network's input.</summary>
    public static FrameTransform Identity(int width, int height) =>
        new(1, 1, 0, 0, 0, 0, width, height, width, height);

    /// <summary>Column of the frame for a column of the network's input.</summary>
    public float ToFrameX(float x) => (x - PadX) / ScaleX + CropX;

    /// <summary>Row of the frame for a row of the network's input.</summary>
    public float ToFrameY(float y) => (y - PadY) / ScaleY + CropY;

    /// <summary>Column of the network's input for a column of the frame.</summary>
    public float ToInputX(float x) => (x - CropX) * ScaleX + PadX;

    /// <summary>Row of the network's input for a row of the frame.</summary>
    public float ToInputY(float y) => (y - CropY) * ScaleY + PadY;
}
