namespace EdgeVision.Evaluation.Coco;

/// <summary>Fills polygons pixel for pixel as COCO's masks were made (maskApi.c rleFrPoly).</summary>
/// <remarks>
/// The outline is walked on a grid five times finer. Where it crosses the middle of a pixel column, every pixel further down
/// that column, and in all later columns, toggles between outside and inside.
/// </remarks>
internal static class CocoPolygon
{
    private const int Subdivision = 5;

    // A million pixels outside any image; beyond that, walking the outline would take minutes.
    private const double MaxCoordinate = 1e6;

    /// <summary>Sets the pixels (row-major, [height * width]) inside the polygon to 1.</summary>
    public static void Fill(IReadOnlyList<double> corners, Span<byte> plane, int width, int height)
    {
        ArgumentNullException.ThrowIfNull(corners);
        if (corners.Count < 6 || corners.Count % 2 != 0)
        {
            throw new EdgeVisionException($"a polygon must have an even number of coordinates, at least 6; got {corners.Count}");
        }

        var crossings = new List<int>();
        int count = corners.Count / 2;
        for (int i = 0; i < count; i++)
        {
            int next = (i + 1) % count;
            WalkEdge(
                ToFineGrid(corners[2 * i]), ToFineGrid(corners[2 * i + 1]), ToFineGrid(corners[2 * next]), ToFineGrid(corners[2 * next + 1]),
                width, height, crossings);
        }

        crossings.Sort();
        bool inside = false;
        for (int c = 0, at = 0; c <= crossings.Count; c++)
        {
            int end = c < crossings.Count ? crossings[c] : width * height;
            for (; at < end; at++)
            {
                plane[at % height * width + at / height] |= inside ? (byte)1 : (byte)0;
            }

            inside = !inside;
        }
    }

    // The reference truncates towards zero, for negative coordinates too.
    private static int ToFineGrid(double coordinate) => Math.Abs(coordinate) <= MaxCoordinate
        ? (int)(Subdivision * coordinate + .5)
        : throw new EdgeVisionException($"a polygon's coordinates must be between -{MaxCoordinate} and {MaxCoordinate}; got {coordinate}");

    /// <summary>Adds the positions where an edge crosses the middle of a column, as column * height + row.</summary>
    /// <remarks>The walk goes along the edge's longer axis in steps of one.</remarks>
    private static void WalkEdge(int x0, int y0, int x1, int y1, int width, int height, List<int> crossings)
    {
        int dx = Math.Abs(x1 - x0), dy = Math.Abs(y1 - y0), steps = Math.Max(dx, dy);
        bool wide = dx >= dy;

        // Both directions of an edge must round alike, or neighbours that share it would overlap: the walk starts at the
        // lower coordinate.
        bool backwards = wide ? x0 > x1 : y0 > y1;
        if (backwards)
        {
            (x0, y0, x1, y1) = (x1, y1, x0, y0);
        }

        double slope = steps == 0 ? 0 : wide ? (double)(y1 - y0) / dx : (double)(x1 - x0) / dy;
        int lastX = 0, lastY = 0;
        for (int step = 0; step <= steps; step++)
        {
            int x = wide ? x0 + step : (int)(x0 + slope * step + .5), y = wide ? (int)(y0 + slope * step + .5) : y0 + step;
            if (step > 0 && x != lastX)
            {
                AddCrossing(Math.Min(x, lastX), Math.Min(y, lastY), width, height, crossings);
            }

            (lastX, lastY) = (x, y);
        }
    }

    private static void AddCrossing(int fineX, int fineY, int width, int height, List<int> crossings)
    {
        double column = (fineX + .5) / Subdivision - .5, row = (fineY + .5) / Subdivision - .5;
        if (Math.Floor(column) == column && column >= 0 && column <= width - 1)
        {
            crossings.Add((int)column * height + (int)Math.Ceiling(Math.Clamp(row, 0, height)));
        }
    }
}
