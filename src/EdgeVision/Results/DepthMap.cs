namespace EdgeVision;

/// <summary>Distance of what every pixel shows, in metres, in a plane of the network's choosing that covers its input.</summary>
public sealed class DepthMap
{
    private float[] _values = [], _sorted = [];
    private FrameTransform _transform;

    /// <summary>Columns; 0 when there is none.</summary>
    public int Width { get; private set; }

    /// <summary>Rows; 0 when there is none.</summary>
    public int Height { get; private set; }

    /// <summary>Metres, row-major, [Height*Width].</summary>
    public ReadOnlySpan<float> Values => _values.AsSpan(0, Width * Height);

    /// <summary>Metres at a pixel of the frame, the nearest of the map.</summary>
    public float AtFrame(int x, int y)
    {
        if (Width == 0)
        {
            return float.NaN;
        }

        int column = (int)MathF.Floor(_transform.ToInputX(x + 0.5f) * Width / _transform.InputWidth), row = (int)MathF.Floor(_transform.ToInputY(y + 0.5f) * Height / _transform.InputHeight);
        return _values[Math.Clamp(row, 0, Height - 1) * Width + Math.Clamp(column, 0, Width - 1)];
    }

    /// <summary>Least, middle and greatest distance in that part of the map which shows the frame; NaN where there is none.</summary>
    public DepthRange Range()
    {
        var (t, view) = (_transform, _transform.View);
        int left = FirstCell(t.ToInputX(view.X1), t.InputWidth, Width), right = FirstCell(t.ToInputX(view.X2), t.InputWidth, Width);
        int top = FirstCell(t.ToInputY(view.Y1), t.InputHeight, Height), bottom = FirstCell(t.ToInputY(view.Y2), t.InputHeight, Height);
        int count = Math.Max(0, right - left) * Math.Max(0, bottom - top);
        if (count == 0)
        {
            return new DepthRange(float.NaN, float.NaN, float.NaN);
        }

        if (_sorted.Length < count)
        {
            _sorted = new float[_values.Length];
        }

        for (int y = top, at = 0; y < bottom; y++, at += right - left)
        {
            _values.AsSpan(y * Width + left, right - left).CopyTo(_sorted.AsSpan(at));
        }

        var sorted = _sorted.AsSpan(0, count);
        sorted.Sort();
        return new DepthRange(sorted[0], sorted[(count - 1) / 2], sorted[^1]);
    }

    /// <summary>Empties it and keeps its buffer.</summary>
    public void Clear() => Width = Height = 0;

    /// <summary>Room for a map, to be written by a decoder; what it held before may still be there.</summary>
    public Span<float> Resize(int width, int height, in FrameTransform transform)
    {
        int size = checked(width * height);
        if (_values.Length < size)
        {
            _values = new float[size];
        }

        (Width, Height, _transform) = (width, height, transform);
        return _values.AsSpan(0, size);
    }

    // The first cell whose middle does not lie before a place in the input.
    private static int FirstCell(float place, int input, int cells) => input == 0 ? 0 : Math.Clamp((int)MathF.Ceiling(place * cells / input - 0.5f), 0, cells);
}

/// <summary>Distances in one frame, in metres.</summary>
/// <param name="Minimum">The least.</param>
/// <param name="Median">The middle; of an even number the lower of the two.</param>
/// <param name="Maximum">The greatest.</param>
public readonly record struct DepthRange(float Minimum, float Median, float Maximum);
