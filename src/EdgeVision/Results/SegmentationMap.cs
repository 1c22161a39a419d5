namespace EdgeVision;

/// <summary>Class of every pixel of one frame, in the plane of the network's input, letterbox included.</summary>
public sealed class SegmentationMap
{
    private byte[] _classIds = [];
    private FrameTransform _transform;

    /// <summary>Gets the number of columns; 0 without a map.</summary>
    public int Width { get; private set; }

    /// <summary>Gets the number of rows; 0 without a map.</summary>
    public int Height { get; private set; }

    /// <summary>Gets the class ids, row-major, [Height*Width].</summary>
    public ReadOnlySpan<byte> ClassIds => _classIds.AsSpan(0, Width * Height);

    /// <summary>Gets or sets the class names by id.</summary>
    public IReadOnlyList<string> Labels { get; set; } = [];

    /// <summary>Returns the name of a class, or its id as text if it has none.</summary>
    public string GetClassLabel(int classId) => (uint)classId < (uint)Labels.Count
        ? Labels[classId]
        : classId.ToString(System.Globalization.CultureInfo.InvariantCulture);

    /// <summary>Returns the class at a pixel of the frame; 0 where the map does not cover the frame.</summary>
    public byte GetClassAt(int x, int y)
    {
        var (left, top, right, bottom) = GetCoveredPixels();
        return x >= left && x < right && y >= top && y < bottom ? _classIds[Row(y) * Width + Column(x)] : (byte)0;
    }

    /// <summary>Writes the classes of all pixels of the frame, from the nearest pixel of the map.</summary>
    /// <remarks>Pixels of the frame that the map does not cover are 0.</remarks>
    /// <param name="destination">Row-major, frame height * frame width.</param>
    /// <exception cref="ArgumentException">The destination has another size.</exception>
    public void CopyToFrame(Span<byte> destination)
    {
        int width = _transform.FrameWidth, height = _transform.FrameHeight;
        if (destination.Length != width * height)
        {
            throw new ArgumentException(
                $"the destination of a frame of {width}x{height} must have {width * height} pixels; got {destination.Length}",
                nameof(destination));
        }

        var (left, top, right, bottom) = GetCoveredPixels();
        if (right - left < width || bottom - top < height)
        {
            destination.Clear();
        }

        for (int y = top; y < bottom; y++)
        {
            var from = _classIds.AsSpan(Row(y) * Width, Width);
            var to = destination.Slice(y * width, width);
            for (int x = left; x < right; x++)
            {
                to[x] = from[Column(x)];
            }
        }
    }

    /// <summary>Counts the pixels of each class in the part of the map that shows the frame.</summary>
    /// <param name="areas">Cleared and filled, [classes]; class ids beyond its end are not counted.</param>
    /// <returns>Size of that part.</returns>
    public (int Width, int Height) CountAreas(Span<long> areas)
    {
        areas.Clear();
        var (left, top, right, bottom) = GetFrameCells();
        for (int y = top; y < bottom; y++)
        {
            Count(_classIds.AsSpan(y * Width + left, right - left), areas);
        }

        return (right - left, bottom - top);
    }

    /// <summary>Counts the frame's pixels of each class, where the map covers the frame.</summary>
    /// <param name="areas">Cleared and filled, [classes]; class ids beyond its end are not counted.</param>
    /// <returns>Size of that part of the frame.</returns>
    public (int Width, int Height) CountFrameAreas(Span<long> areas)
    {
        areas.Clear();
        var (left, top, right, bottom) = GetCoveredPixels();
        for (int y = top; y < bottom; y++)
        {
            var from = _classIds.AsSpan(Row(y) * Width, Width);
            for (int x = left; x < right; x++)
            {
                Count(from.Slice(Column(x), 1), areas);
            }
        }

        return (right - left, bottom - top);
    }

    /// <summary>Removes the map and keeps the buffer.</summary>
    public void Clear() => Width = Height = 0;

    /// <summary>Sets the size and returns the class ids, to be written by a decoder; previous values may remain.</summary>
    public Span<byte> Resize(int width, int height, in FrameTransform transform)
    {
        int size = checked(width * height);
        if (_classIds.Length < size)
        {
            _classIds = new byte[size];
        }

        (Width, Height, _transform) = (width, height, transform);
        return _classIds.AsSpan(0, size);
    }

    private static void Count(ReadOnlySpan<byte> ids, Span<long> areas)
    {
        foreach (byte id in ids)
        {
            if (id < areas.Length)
            {
                areas[id]++;
            }
        }
    }

    private int Column(int x) => Math.Clamp((int)MathF.Floor(_transform.ToInputX(x + 0.5f)), 0, Width - 1);

    private int Row(int y) => Math.Clamp((int)MathF.Floor(_transform.ToInputY(y + 0.5f)), 0, Height - 1);

    // Pixels of the frame whose center the map covers.
    private (int Left, int Top, int Right, int Bottom) GetCoveredPixels() =>
        Width == 0 ? default : GetCenters(_transform.View, _transform.FrameWidth, _transform.FrameHeight);

    // Pixels of the map whose center lies in the frame.
    private (int Left, int Top, int Right, int Bottom) GetFrameCells()
    {
        var (t, view) = (_transform, _transform.View);
        var box = new Box(t.ToInputX(view.X1), t.ToInputY(view.Y1), t.ToInputX(view.X2), t.ToInputY(view.Y2));
        return GetCenters(box, Width, Height);
    }

    private static (int Left, int Top, int Right, int Bottom) GetCenters(in Box box, int width, int height)
    {
        int left = First(box.X1, width), top = First(box.Y1, height);
        return (left, top, Math.Max(left, First(box.X2, width)), Math.Max(top, First(box.Y2, height)));
        static int First(float place, int size) => Math.Clamp((int)MathF.Ceiling(place - 0.5f), 0, size);
    }
}
