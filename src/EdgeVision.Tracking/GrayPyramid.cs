using System.Runtime.InteropServices;
using EdgeVision.Preprocessing;
using EdgeVision.Specs;

namespace EdgeVision.Tracking;

/// <summary>Image pyramid of a frame's luminance; level 0 is the largest, and each next level has half the size.</summary>
/// <remarks>Level 0 is the frame reduced to at most 480 pixels on its longer side. Buffers are reused while the frame size stays.</remarks>
internal sealed class GrayPyramid
{
    private const int MaxSide = 480, MinSide = 24, MaxLevels = 4;
    private Preprocessor? _preprocessor;
    private float[][] _levels = [];
    private (int Width, int Height)[] _sizes = [];
    private int _frameWidth, _frameHeight;

    /// <summary>Number of levels.</summary>
    public int LevelCount => _levels.Length;

    /// <summary>Frame pixels per pixel of level 0, horizontally and vertically.</summary>
    public (double X, double Y) Scale => ((double)_frameWidth / _sizes[0].Width, (double)_frameHeight / _sizes[0].Height);

    public (int Width, int Height) GetSize(int level) => _sizes[level];

    /// <summary>Luminance 0 to 255 of one level, row-major.</summary>
    public ReadOnlySpan<float> GetLevel(int level) => _levels[level];

    /// <summary>Returns whether both pyramids have levels and the same frame size, so that they can be compared.</summary>
    public bool IsComparableTo(GrayPyramid other) =>
        LevelCount > 0 && LevelCount == other.LevelCount && _frameWidth == other._frameWidth && _frameHeight == other._frameHeight;

    public void Build(Frame frame)
    {
        if (_preprocessor is null || frame.Width != _frameWidth || frame.Height != _frameHeight)
        {
            Prepare(frame.Width, frame.Height);
        }

        _preprocessor!.Process(frame, MemoryMarshal.AsBytes(_levels[0].AsSpan()));
        for (int i = 1; i < _levels.Length; i++)
        {
            Downsample(_levels[i - 1], _sizes[i - 1].Width, _levels[i], _sizes[i]);
        }
    }

    private void Prepare(int width, int height)
    {
        (_frameWidth, _frameHeight) = (width, height);
        double reduction = Math.Max(1, Math.Max(width, height) / (double)MaxSide);
        int w = Math.Max(1, (int)(width / reduction)), h = Math.Max(1, (int)(height / reduction));
        _preprocessor = new Preprocessor(new InputSpec
        {
            Width = w,
            Height = h,
            ColorOrder = ColorOrder.Gray,
            Scale = 1,
            // Antialiasing removes detail that would appear elsewhere in the next frame.
            Resize = new ResizeSpec
            {
                Mode = ResizeMode.Stretch,
                Interpolation = reduction > 1 ? Interpolation.BilinearAntialias : Interpolation.Bilinear,
            },
        });
        List<(int, int)> sizes = [(w, h)];
        while (sizes.Count < MaxLevels && Math.Min(w / 2, h / 2) >= MinSide)
        {
            (w, h) = (w / 2, h / 2);
            sizes.Add((w, h));
        }

        _sizes = [.. sizes];
        _levels = [.. _sizes.Select(s => new float[s.Width * s.Height])];
    }

    private static void Downsample(ReadOnlySpan<float> from, int fromWidth, Span<float> to, (int Width, int Height) size)
    {
        for (int y = 0; y < size.Height; y++)
        {
            var upper = from.Slice(2 * y * fromWidth, fromWidth);
            var lower = from.Slice((2 * y + 1) * fromWidth, fromWidth);
            var row = to.Slice(y * size.Width, size.Width);
            for (int x = 0; x < row.Length; x++)
            {
                row[x] = (upper[2 * x] + upper[2 * x + 1] + lower[2 * x] + lower[2 * x + 1]) * 0.25f;
            }
        }
    }
}
