namespace EdgeVision;

/// <summary>
/// A binary mask as runs down its columns: zeros first, then ones, in turn (COCO's run lengths). Overlaps are counted on
/// the runs, so a mask costs memory by its outline and not by its area.
/// </summary>
public sealed class CocoMask
{
    private readonly int[] _runs;

    private CocoMask(int width, int height, int[] runs)
    {
        Width = width;
        Height = height;
        _runs = runs;
        long area = 0;
        for (int i = 1; i < runs.Length; i += 2)
        {
            area += runs[i];
        }

        Area = area;
    }

    /// <summary>Columns of the plane.</summary>
    public int Width { get; }

    /// <summary>Rows of the plane.</summary>
    public int Height { get; }

    /// <summary>Pixels that are set.</summary>
    public long Area { get; }

    /// <summary>Lengths of the runs, zeros first; they add up to Width * Height.</summary>
    public ReadOnlySpan<int> Runs => _runs;

    /// <summary>A mask of uncompressed run lengths ("counts" as a list).</summary>
    /// <exception cref="EdgeVisionException">A negative run, or runs that do not cover the plane.</exception>
    public static CocoMask FromRuns(ReadOnlySpan<int> runs, int width, int height)
    {
        long pixels = Pixels(width, height), sum = 0;
        foreach (int run in runs)
        {
            if (run < 0)
            {
                throw new EdgeVisionException($"a run length of {run} means nothing");
            }

            sum += run;
        }

        return sum == pixels
            ? new CocoMask(width, height, runs.ToArray())
            : throw new EdgeVisionException($"the run lengths cover {sum} of {pixels} pixels ({width}x{height})");
    }

    /// <summary>A mask of pixels, row-major, [height * width], 0 or anything else.</summary>
    /// <exception cref="EdgeVisionException">Another number of bytes.</exception>
    public static CocoMask FromPixels(ReadOnlySpan<byte> pixels, int width, int height)
    {
        if (pixels.Length != Pixels(width, height))
        {
            throw new EdgeVisionException($"a mask of {width}x{height} has {Pixels(width, height)} pixels, not {pixels.Length}");
        }

        var runs = new List<int>();
        bool value = false;
        int run = 0;
        for (int x = 0; x < width; x++)
        {
            for (int at = x; at < pixels.Length; at += width)
            {
                if (pixels[at] != 0 != value)
                {
                    runs.Add(run);
                    run = 0;
                    value = !value;
                }

                run++;
            }
        }

        runs.Add(run);
        return new CocoMask(width, height, [.. runs]);
    }

    /// <summary>A mask of COCO's compressed run lengths ("counts" as text).</summary>
    /// <exception cref="EdgeVisionException">The text is no run lengths of that size.</exception>
    public static CocoMask FromCompressed(string counts, int width, int height)
    {
        Pixels(width, height);
        try
        {
            return FromPixels(RunLengthMask.Decode(counts, width, height), width, height);
        }
        catch (FormatException e)
        {
            throw new EdgeVisionException(e.Message, e);
        }
    }

    /// <summary>
    /// The mask of detection <paramref name="index"/>, in the plane of the network's input (letterbox included), where the
    /// runtime keeps it.
    /// </summary>
    /// <exception cref="EdgeVisionException">The detections carry no masks.</exception>
    public static CocoMask FromDetection(Detections detections, int index)
    {
        ArgumentNullException.ThrowIfNull(detections);
        if (!detections.HasMasks)
        {
            throw new EdgeVisionException("the detections carry no masks");
        }

        var region = detections.MaskRegion(index);
        byte[] plane = new byte[detections.MaskWidth * detections.MaskHeight];
        var mask = detections.Mask(index);
        for (int y = 0; y < region.Height; y++)
        {
            mask.Slice(y * region.Width, region.Width).CopyTo(plane.AsSpan((region.Y + y) * detections.MaskWidth + region.X));
        }

        return FromPixels(plane, detections.MaskWidth, detections.MaskHeight);
    }

    /// <summary>
    /// The mask of detection <paramref name="index"/> in the plane of the frame: each pixel takes the nearest of the network's
    /// input, as results are written and drawn.
    /// </summary>
    /// <exception cref="EdgeVisionException">The detections carry no masks.</exception>
    public static CocoMask FromDetection(Detections detections, int index, in FrameTransform transform)
    {
        ArgumentNullException.ThrowIfNull(detections);
        if (!detections.HasMasks)
        {
            throw new EdgeVisionException("the detections carry no masks");
        }

        var region = detections.MaskRegion(index);
        var mask = detections.Mask(index);
        byte[] frame = new byte[Pixels(transform.FrameWidth, transform.FrameHeight)];
        for (int y = 0; y < transform.FrameHeight; y++)
        {
            int row = (int)MathF.Floor(transform.ToInputY(y + 0.5f)) - region.Y;
            if ((uint)row >= (uint)region.Height)
            {
                continue;
            }

            for (int x = 0; x < transform.FrameWidth; x++)
            {
                int column = (int)MathF.Floor(transform.ToInputX(x + 0.5f)) - region.X;
                frame[y * transform.FrameWidth + x] = (uint)column < (uint)region.Width ? mask[row * region.Width + column] : (byte)0;
            }
        }

        return FromPixels(frame, transform.FrameWidth, transform.FrameHeight);
    }

    /// <summary>
    /// The area within polygons, pixel for pixel as pycocotools fills them (rleFrPoly); several make one mask together.
    /// </summary>
    /// <param name="polygons">Each x, y, x, y, … in pixels, three corners or more.</param>
    /// <param name="width">Columns of the plane.</param>
    /// <param name="height">Rows of the plane.</param>
    /// <exception cref="EdgeVisionException">Fewer than three corners, an odd number of coordinates, or one that is no number or beyond 1e6.</exception>
    public static CocoMask FromPolygons(IReadOnlyList<IReadOnlyList<double>> polygons, int width, int height)
    {
        ArgumentNullException.ThrowIfNull(polygons);
        byte[] plane = new byte[Pixels(width, height)];
        foreach (var polygon in polygons)
        {
            CocoPolygon.Fill(polygon, plane, width, height);
        }

        return FromPixels(plane, width, height);
    }

    /// <summary>The pixels, row-major, 0 or 1, [Height * Width].</summary>
    public byte[] ToPixels()
    {
        byte[] pixels = new byte[Width * Height];
        int at = 0;
        for (int i = 0; i < _runs.Length; i++)
        {
            for (int end = at + _runs[i]; at < end; at++)
            {
                pixels[at % Height * Width + at / Height] = (byte)(i & 1);
            }
        }

        return pixels;
    }

    /// <summary>Pixels that are set in both.</summary>
    /// <exception cref="EdgeVisionException">The planes differ in size.</exception>
    public long Intersection(CocoMask other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (Width != other.Width || Height != other.Height)
        {
            throw new EdgeVisionException($"masks of {Width}x{Height} and {other.Width}x{other.Height} lie in different planes");
        }

        long both = 0;
        int a = 0, b = 0, leftA = _runs.Length > 0 ? _runs[0] : 0, leftB = other._runs.Length > 0 ? other._runs[0] : 0;
        while (a < _runs.Length && b < other._runs.Length)
        {
            int step = Math.Min(leftA, leftB);
            if ((a & b & 1) != 0)
            {
                both += step;
            }

            leftA -= step;
            leftB -= step;
            if (leftA == 0 && ++a < _runs.Length)
            {
                leftA = _runs[a];
            }

            if (leftB == 0 && ++b < other._runs.Length)
            {
                leftB = other._runs[b];
            }
        }

        return both;
    }

    private static long Pixels(int width, int height) => width >= 0 && height >= 0 && (long)width * height <= int.MaxValue
        ? (long)width * height
        : throw new EdgeVisionException($"a mask of {width}x{height} is no size");
}
