using EdgeVision.Specs;

namespace EdgeVision.Preprocessing;

/// <summary>Source columns, rows and weights of every pixel of the network's input, for one frame size and crop.</summary>
/// <remarks>
/// Holds the fitted rectangle, source offsets and fixed-point weights. Weights and borders are those of OpenCV's 8-bit <c>INTER_LINEAR</c>
/// (11-bit weights, half-pixel centers) and <c>INTER_NEAREST</c>; the fit follows Ultralytics' LetterBox, YOLOX and torchvision. The tables
/// are kept while frames keep their size, so a steady stream computes them once.
/// </remarks>
internal sealed class ResizePlan
{
    /// <summary>The number one in 11-bit fixed point, as OpenCV's INTER_RESIZE_COEF_SCALE.</summary>
    public const int FixedPointOne = 2048;

    private int _frameWidth = -1;
    private int _frameHeight = -1;
    private (int X, int Y, int Width, int Height) _crop;

    /// <summary>Gets the first source column of each output column, relative to the crop.</summary>
    public int[] SourceX { get; private set; } = [];

    /// <summary>Gets eight weights per column: left and right, in that order, for each of three channels, and two zeros.</summary>
    public short[] WeightX { get; private set; } = [];

    /// <summary>Gets the first source row of each output row, relative to the crop; may be -1.</summary>
    public int[] SourceY { get; private set; } = [];

    /// <summary>Gets two weights per row: upper, lower.</summary>
    public short[] WeightY { get; private set; } = [];

    /// <summary>Gets the first column of the crop.</summary>
    public int CropX => _crop.X;

    /// <summary>Gets the first row of the crop.</summary>
    public int CropY => _crop.Y;

    /// <summary>Gets the number of columns of the crop.</summary>
    public int CropWidth => _crop.Width;

    /// <summary>Gets the number of rows of the crop.</summary>
    public int CropHeight => _crop.Height;

    /// <summary>Gets the first input column of the image.</summary>
    public int Left { get; private set; }

    /// <summary>Gets the first input row of the image.</summary>
    public int Top { get; private set; }

    /// <summary>Gets the number of input columns of the image.</summary>
    public int Width { get; private set; }

    /// <summary>Gets the number of input rows of the image.</summary>
    public int Height { get; private set; }

    /// <summary>Gets the size of the resized image before a center crop.</summary>
    public (int Width, int Height) Resized { get; private set; }

    /// <summary>Gets the first column and row of the resized image that the input shows.</summary>
    public (int X, int Y) CenterCrop { get; private set; }

    /// <summary>Gets the mapping from input to frame.</summary>
    public FrameTransform Transform { get; private set; }

    /// <summary>Gets whether every output pixel is one source pixel, without weights for neighbors.</summary>
    public bool IsNearest { get; private set; }

    /// <summary>Gets whether every output pixel is the mean of four neighbors: one half of each of two columns and rows.</summary>
    /// <remarks>So it is where the ratio is even.</remarks>
    public bool IsAverage2x2 { get; private set; }

    /// <summary>Gets whether no two output rows share a source row.</summary>
    public bool HasDisjointRows { get; private set; }

    /// <summary>Gets the number of changes, by which tables derived from this plan detect that they are outdated.</summary>
    public int Version { get; private set; }

    /// <summary>Updates the plan for a frame size and crop; does nothing while they stay the same.</summary>
    public void Update(InputSpec input, int frameWidth, int frameHeight, (int X, int Y, int Width, int Height) crop)
    {
        if (frameWidth == _frameWidth && frameHeight == _frameHeight && crop == _crop)
        {
            return;
        }

        _frameWidth = -1; // Stays invalid if the code below throws.
        Fit(input, frameWidth, frameHeight, crop);
        _crop = crop;
        ComputeColumns(input.Resize.Interpolation);
        ComputeRows(input.Resize.Interpolation);
        Classify();
        _frameWidth = frameWidth;
        _frameHeight = frameHeight;
        Version++;
    }

    private void Fit(InputSpec input, int frameWidth, int frameHeight, (int X, int Y, int Width, int Height) crop)
    {
        int w = crop.Width, h = crop.Height, iw = input.Width, ih = input.Height;
        double ratio = Math.Min((double)ih / h, (double)iw / w);
        int rw = iw, rh = ih, left = 0, top = 0, cutX = 0, cutY = 0;
        float scaleX = (float)((double)iw / w), scaleY = (float)((double)ih / h);
        switch (input.Resize.Mode)
        {
            case ResizeMode.Letterbox:
                rw = Math.Clamp(Round(w * ratio, input.Resize.Rounding), 1, iw);
                rh = Math.Clamp(Round(h * ratio, input.Resize.Rounding), 1, ih);
                left = (int)Math.Round((iw - rw) / 2.0 - 0.1);
                top = (int)Math.Round((ih - rh) / 2.0 - 0.1);
                scaleX = scaleY = (float)ratio;
                break;
            case ResizeMode.TopLeft:
                rw = Math.Clamp(Round(w * ratio, input.Resize.Rounding), 1, iw);
                rh = Math.Clamp(Round(h * ratio, input.Resize.Rounding), 1, ih);
                scaleX = scaleY = (float)ratio;
                break;
            case ResizeMode.CenterCrop:
                // torchvision's Resize (short side), then CenterCrop: the long side is truncated, the crop offset is rounded half to even.
                ratio = Math.Max((double)ih / h, (double)iw / w);
                bool wide = (double)iw / w <= (double)ih / h;
                rw = wide ? Math.Max(iw, Round((double)ih * w / h, input.Resize.Rounding)) : iw;
                rh = wide ? ih : Math.Max(ih, Round((double)iw * h / w, input.Resize.Rounding));
                cutX = (int)Math.Round((rw - iw) / 2.0);
                cutY = (int)Math.Round((rh - ih) / 2.0);
                scaleX = (float)((double)rw / w);
                scaleY = (float)((double)rh / h);
                break;
            case ResizeMode.Stretch:
                break;
            default:
                throw new SpecException(
                    $"resize mode must be one of {string.Join(", ", Enum.GetNames<ResizeMode>())}; got {input.Resize.Mode}");
        }

        Resized = (rw, rh);
        CenterCrop = (cutX, cutY);
        Left = left;
        Top = top;
        Width = Math.Min(rw, iw);
        Height = Math.Min(rh, ih);
        float padX = left - cutX, padY = top - cutY, exactX = padX, exactY = padY;
        if (input.Resize.Mode == ResizeMode.Letterbox)
        {
            // Ultralytics' inverse uses the pad of the unrounded size; it differs from the forward pad by one in rare cases.
            padX = (float)Math.Round((iw - w * ratio) / 2 - 0.1);
            padY = (float)Math.Round((ih - h * ratio) / 2 - 0.1);
            exactX = (float)((iw - w * ratio) / 2);
            exactY = (float)((ih - h * ratio) / 2);
        }

        Transform = new FrameTransform(scaleX, scaleY, padX, padY, crop.X, crop.Y, iw, ih, frameWidth, frameHeight)
        {
            ExactPadX = exactX,
            ExactPadY = exactY,
            CropWidth = crop.Width,
            CropHeight = crop.Height,
        };
    }

    private static int Round(double value, ResizeRounding rounding) =>
        rounding == ResizeRounding.Truncate ? (int)value : (int)Math.Round(value);

    private void ComputeColumns(Interpolation interpolation)
    {
        if (SourceX.Length < Width)
        {
            SourceX = new int[Width];
            WeightX = new short[Width * 8];
        }

        double scale = 1.0 / ((double)Resized.Width / CropWidth);
        for (int i = 0; i < Width; i++)
        {
            int dx = i + CenterCrop.X;
            int sx;
            float f;
            if (interpolation == Interpolation.Nearest)
            {
                sx = Math.Min((int)Math.Floor(dx * scale), CropWidth - 1);
                f = 0;
            }
            else
            {
                f = (float)((dx + 0.5) * scale - 0.5);
                sx = (int)MathF.Floor(f);
                f -= sx;
                if (sx < 0)
                {
                    (sx, f) = (0, 0);
                }
                else if (sx >= CropWidth - 1)
                {
                    (sx, f) = (CropWidth - 1, 0);
                }
            }

            SourceX[i] = sx;
            short a = ToFixedPoint(1f - f), b = ToFixedPoint(f);
            for (int k = 0; k < 8; k += 2)
            {
                // The fourth channel is unused.
                WeightX[i * 8 + k] = k < 6 ? a : (short)0;
                WeightX[i * 8 + k + 1] = k < 6 ? b : (short)0;
            }
        }
    }

    private void ComputeRows(Interpolation interpolation)
    {
        if (SourceY.Length < Height)
        {
            SourceY = new int[Height];
            WeightY = new short[Height * 2];
        }

        double scale = 1.0 / ((double)Resized.Height / CropHeight);
        for (int i = 0; i < Height; i++)
        {
            int dy = i + CenterCrop.Y;
            if (interpolation == Interpolation.Nearest)
            {
                SourceY[i] = Math.Min((int)Math.Floor(dy * scale), CropHeight - 1);
                WeightY[i * 2] = FixedPointOne;
                WeightY[i * 2 + 1] = 0;
                continue;
            }

            // In the reference, rows differ from columns: at the border the weight is kept and the row index is clamped.
            float f = (float)((dy + 0.5) * scale - 0.5);
            int sy = (int)MathF.Floor(f);
            f -= sy;
            SourceY[i] = sy;
            WeightY[i * 2] = ToFixedPoint(1f - f);
            WeightY[i * 2 + 1] = ToFixedPoint(f);
        }
    }

    private void Classify()
    {
        IsNearest = IsAverage2x2 = true;
        HasDisjointRows = CropHeight >= 2 * Resized.Height;
        for (int i = 0; i < Width && (IsNearest || IsAverage2x2); i++)
        {
            IsNearest &= WeightX[i * 8 + 1] == 0;
            IsAverage2x2 &= WeightX[i * 8] == FixedPointOne / 2 && WeightX[i * 8 + 1] == FixedPointOne / 2;
        }

        for (int i = 0; i < Height && (IsNearest || IsAverage2x2); i++)
        {
            IsNearest &= WeightY[i * 2 + 1] == 0 && WeightY[i * 2] == FixedPointOne;
            IsAverage2x2 &= WeightY[i * 2] == FixedPointOne / 2 && WeightY[i * 2 + 1] == FixedPointOne / 2;
        }
    }

    private static short ToFixedPoint(float f) => (short)MathF.Round(f * FixedPointOne);
}
