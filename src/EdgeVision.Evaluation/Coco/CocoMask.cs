using EdgeVision.Results;

namespace EdgeVision.Evaluation.Coco;

/// <summary>Binary mask as column-major run lengths, zeros first (COCO's RLE).</summary>
/// <remarks>Overlaps are counted on the runs, so the memory of a mask grows with its outline, not with its area.</remarks>
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

    /// <summary>Gets the number of columns.</summary>
    public int Width { get; }

    /// <summary>Gets the number of rows.</summary>
    public int Height { get; }

    /// <summary>Gets the number of pixels that are set.</summary>
    public long Area { get; }

    /// <summary>Gets the run lengths, zeros first; they add up to Width * Height.</summary>
    public ReadOnlySpan<int> Runs => _runs;

    /// <summary>Creates a mask from uncompressed run lengths ("counts" as a list).</summary>
    /// <exception cref="EdgeVisionException">A negative run, or runs that do not cover the whole mask.</exception>
    public static CocoMask FromRuns(ReadOnlySpan<int> runs, int width, int height)
    {
        long pixels = Pixels(width, height), sum = 0;
        foreach (int run in runs)
        {
            if (run < 0)
            {
                throw new EdgeVisionException($"a run length must be 0 or more; got {run}");
            }

            sum += run;
        }

        return sum == pixels
            ? new CocoMask(width, height, runs.ToArray())
            : throw new EdgeVisionException($"the run lengths of a {width}x{height} mask must cover {pixels} pixels; got {sum}");
    }

    /// <summary>Creates a mask from row-major pixels, [height * width]; any value other than 0 is set.</summary>
    /// <exception cref="EdgeVisionException">The number of bytes is not width * height.</exception>
    public static CocoMask FromPixels(ReadOnlySpan<byte> pixels, int width, int height)
    {
        if (pixels.Length != Pixels(width, height))
        {
            throw new EdgeVisionException($"a mask of {width}x{height} must have {Pixels(width, height)} pixels; got {pixels.Length}");
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

    /// <summary>Creates a mask from COCO's compressed run lengths ("counts" as text).</summary>
    /// <exception cref="EdgeVisionException">The text is not a run-length encoding of that size.</exception>
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
    /// Creates the mask of detection <paramref name="index"/> in the plane of the network's input (letterbox included).
    /// </summary>
    /// <exception cref="EdgeVisionException">The detections have no masks.</exception>
    public static CocoMask FromDetection(Detections detections, int index)
    {
        ArgumentNullException.ThrowIfNull(detections);
        if (!detections.HasMasks)
        {
            throw new EdgeVisionException("the detections have no masks");
        }

        var region = detections.GetMaskRegion(index);
        byte[] plane = new byte[detections.MaskWidth * detections.MaskHeight];
        var mask = detections.GetMask(index);
        for (int y = 0; y < region.Height; y++)
        {
            mask.Slice(y * region.Width, region.Width).CopyTo(plane.AsSpan((region.Y + y) * detections.MaskWidth + region.X));
        }

        return FromPixels(plane, detections.MaskWidth, detections.MaskHeight);
    }

    /// <summary>Creates the mask of detection <paramref name="index"/> in frame pixels.</summary>
    /// <remarks>
    /// Each frame pixel takes the nearest pixel of the network's input, as when results are written and drawn.
    /// </remarks>
    /// <exception cref="EdgeVisionException">The detections have no masks.</exception>
    public static CocoMask FromDetection(Detections detections, int index, in FrameTransform transform)
    {
        ArgumentNullException.ThrowIfNull(detections);
        if (!detections.HasMasks)
        {
            throw new EdgeVisionException("the detections have no masks");
        }

        var region = detections.GetMaskRegion(index);
        var mask = detections.GetMask(index);
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

    /// <summary>Creates the union of polygons, filled pixel for pixel as pycocotools does (rleFrPoly).</summary>
    /// <param name="polygons">Each x, y, x, y, … in pixels, at least three corners.</param>
    /// <param name="width">Columns of the plane.</param>
    /// <param name="height">Rows of the plane.</param>
    /// <exception cref="EdgeVisionException">
    /// Fewer than three corners, an odd number of coordinates, or a coordinate that is not finite or beyond 1e6.
    /// </exception>
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

    /// <summary>Returns the pixels, row-major, 0 or 1, [Height * Width].</summary>
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

    /// <summary>Counts the pixels that are set in both masks.</summary>
    /// <exception cref="EdgeVisionException">The masks differ in size.</exception>
    public long Intersection(CocoMask other)
    {
        ArgumentNullException.ThrowIfNull(other);
        if (Width != other.Width || Height != other.Height)
        {
            throw new EdgeVisionException($"masks must have the same size; got {Width}x{Height} and {other.Width}x{other.Height}");
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
        : throw new EdgeVisionException(
            $"a mask's width and height must be 0 or more, with at most {int.MaxValue} pixels; got {width}x{height}");
}
