namespace EdgeVision;

/// <summary>Distance of what every pixel shows, in metres, in a plane of the network's choosing that covers its input.</summary>
public sealed class DepthMap
{
    private float[] _values = [];
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

    /// <summary>Empties it and keeps its buffer.</summary>
    public void Clear() => Width = Height = 0;

    /// <summary>Room for a map, to be written by a decoder; what it held before may still be there.</summary>
    internal Span<float> Resize(int width, int height, in FrameTransform transform)
    {
        int size = checked(width * height);
        if (_values.Length < size)
        {
            _values = new float[size];
        }

        (Width, Height, _transform) = (width, height, transform);
        return _values.AsSpan(0, size);
    }
}
