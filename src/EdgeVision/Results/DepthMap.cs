namespace EdgeVision;

/// <summary>Distance of every pixel of one frame in meters, in the network's output resolution, which covers its input.</summary>
public sealed class DepthMap
{
    private float[] _values = [], _sorted = [];
    private FrameTransform _transform;

    /// <summary>Gets the number of columns; 0 without a map.</summary>
    public int Width { get; private set; }

    /// <summary>Gets the number of rows; 0 without a map.</summary>
    public int Height { get; private set; }

    /// <summary>Gets the distances in meters, row-major, [Height*Width].</summary>
    public ReadOnlySpan<float> Values => _values.AsSpan(0, Width * Height);

    /// <summary>Returns the distance in meters at a pixel of the frame, from the nearest cell of the map; NaN without a map.</summary>
    public float GetDepthAt(int x, int y)
    {
        if (Width == 0)
        {
            return float.NaN;
        }

        int column = (int)MathF.Floor(_transform.ToInputX(x + 0.5f) * Width / _transform.InputWidth);
        int row = (int)MathF.Floor(_transform.ToInputY(y + 0.5f) * Height / _transform.InputHeight);
        return _values[Math.Clamp(row, 0, Height - 1) * Width + Math.Clamp(column, 0, Width - 1)];
    }

    /// <summary>Computes minimum, median and maximum distance in the part of the map that shows the frame; NaN without one.</summary>
    public DepthRange ComputeRange()
    {
        var (t, view) = (_transform, _transform.View);
        int left = FirstCell(t.ToInputX(view.X1), t.InputWidth, Width);
        int right = FirstCell(t.ToInputX(view.X2), t.InputWidth, Width);
        int top = FirstCell(t.ToInputY(view.Y1), t.InputHeight, Height);
        int bottom = FirstCell(t.ToInputY(view.Y2), t.InputHeight, Height);
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

    /// <summary>Removes the map and keeps the buffer.</summary>
    public void Clear() => Width = Height = 0;

    /// <summary>Sets the size and returns the values, to be written by a decoder; previous values may remain.</summary>
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

    // Returns the first cell whose center does not lie before a coordinate of the input.
    private static int FirstCell(float place, int input, int cells) =>
        input == 0 ? 0 : Math.Clamp((int)MathF.Ceiling(place * cells / input - 0.5f), 0, cells);
}
