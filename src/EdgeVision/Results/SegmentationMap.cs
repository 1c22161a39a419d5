namespace EdgeVision;

/// <summary>Class of every pixel of one frame, in the plane of the network's input, letterbox included.</summary>
public sealed class SegmentationMap
{
    private byte[] _classIds = [];
    private FrameTransform _transform;

    /// <summary>Columns; 0 when there is none.</summary>
    public int Width { get; private set; }

    /// <summary>Rows; 0 when there is none.</summary>
    public int Height { get; private set; }

    /// <summary>Class ids, row-major, [Height*Width].</summary>
    public ReadOnlySpan<byte> ClassIds => _classIds.AsSpan(0, Width * Height);

    /// <summary>Class names by id.</summary>
    public IReadOnlyList<string> Labels { get; set; } = [];

    /// <summary>Name of a class, or its number where it has none.</summary>
    public string LabelOf(int classId) => (uint)classId < (uint)Labels.Count ? Labels[classId] : classId.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Class at a pixel of the frame; 0 where the frame was not looked at.</summary>
    public byte ClassAtFrame(int x, int y)
    {
        int column = (int)MathF.Floor(_transform.ToInputX(x + 0.5f)), row = (int)MathF.Floor(_transform.ToInputY(y + 0.5f));
        return (uint)column < (uint)Width && (uint)row < (uint)Height ? _classIds[row * Width + column] : (byte)0;
    }

    /// <summary>Classes of all pixels of the frame, the nearest of the map; 0 where the frame was not looked at.</summary>
    /// <param name="destination">Row-major, frame height * frame width.</param>
    /// <exception cref="ArgumentException">The destination has another size.</exception>
    public void ToFrame(Span<byte> destination)
    {
        int width = _transform.FrameWidth, height = _transform.FrameHeight;
        if (destination.Length != width * height)
        {
            throw new ArgumentException($"a frame of {width}x{height} has {width * height} pixels; the destination has room for {destination.Length}", nameof(destination));
        }

        for (int y = 0; y < height; y++)
        {
            int row = (int)MathF.Floor(_transform.ToInputY(y + 0.5f));
            var to = destination.Slice(y * width, width);
            if ((uint)row >= (uint)Height)
            {
                to.Clear();
                continue;
            }

            var from = _classIds.AsSpan(row * Width, Width);
            for (int x = 0; x < width; x++)
            {
                int column = (int)MathF.Floor(_transform.ToInputX(x + 0.5f));
                to[x] = (uint)column < (uint)from.Length ? from[column] : (byte)0;
            }
        }
    }

    /// <summary>Counts the pixels of each class in that part of the map which shows the frame.</summary>
    /// <param name="areas">Emptied and filled, [classes]; ids beyond its end are not counted.</param>
    /// <returns>All pixels of that part.</returns>
    public long Areas(Span<long> areas)
    {
        areas.Clear();
        var (left, top, right, bottom) = FramePart();
        for (int y = top; y < bottom; y++)
        {
            foreach (byte id in _classIds.AsSpan(y * Width + left, right - left))
            {
                if (id < areas.Length)
                {
                    areas[id]++;
                }
            }
        }

        return (long)(right - left) * (bottom - top);
    }

    /// <summary>Empties it and keeps its buffer.</summary>
    public void Clear() => Width = Height = 0;

    /// <summary>Room for a map, to be written by a decoder; what it held before may still be there.</summary>
    internal Span<byte> Resize(int width, int height, in FrameTransform transform)
    {
        int size = checked(width * height);
        if (_classIds.Length < size)
        {
            _classIds = new byte[size];
        }

        (Width, Height, _transform) = (width, height, transform);
        return _classIds.AsSpan(0, size);
    }

    // Pixels whose middle lies in the frame.
    private (int Left, int Top, int Right, int Bottom) FramePart()
    {
        var t = _transform;
        return (
            Math.Clamp((int)MathF.Ceiling(t.ToInputX(0) - 0.5f), 0, Width), Math.Clamp((int)MathF.Ceiling(t.ToInputY(0) - 0.5f), 0, Height),
            Math.Clamp((int)MathF.Ceiling(t.ToInputX(t.FrameWidth) - 0.5f), 0, Width), Math.Clamp((int)MathF.Ceiling(t.ToInputY(t.FrameHeight) - 0.5f), 0, Height));
    }
}
