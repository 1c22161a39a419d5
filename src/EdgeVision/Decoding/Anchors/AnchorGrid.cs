namespace EdgeVision.Decoding.Anchors;

/// <summary>Anchors over feature levels, as torchvision's AnchorGenerator creates them.</summary>
/// <remarks>
/// Each cell has one box for every ratio (height over width) and size, ratio-major; half sides are rounded half to even. Boxes are centered
/// at (x * step, y * step) with step = size // number of cells of that axis.
/// </remarks>
internal static class AnchorGrid
{
    /// <summary>Returns the anchors in pixels in the order level, y, x, anchor, and the index where each level ends.</summary>
    public static (Box[] Anchors, int[] LevelEnds) Create(int width, int height, int[] strides, float[][] sizes, float[] ratios)
    {
        var anchors = new List<Box>();
        var ends = new int[strides.Length];
        for (int level = 0; level < strides.Length; level++)
        {
            // A level has ceil(size / stride) cells, as a convolution of that stride produces.
            int stride = strides[level], columns = (width + stride - 1) / stride, rows = (height + stride - 1) / stride;
            int stepX = width / columns, stepY = height / rows;
            var around = CreateCellAnchors(sizes[level], ratios);
            for (int y = 0; y < rows; y++)
            {
                for (int x = 0; x < columns; x++)
                {
                    foreach (var a in around)
                    {
                        anchors.Add(new Box(a.X1 + x * stepX, a.Y1 + y * stepY, a.X2 + x * stepX, a.Y2 + y * stepY));
                    }
                }
            }

            ends[level] = anchors.Count;
        }

        return ([.. anchors], ends);
    }

    private static List<Box> CreateCellAnchors(float[] sizes, float[] ratios)
    {
        var around = new List<Box>();
        foreach (float ratio in ratios)
        {
            float h = MathF.Sqrt(ratio), w = 1 / h;
            foreach (float size in sizes)
            {
                around.Add(new Box(
                    MathF.Round(-w * size / 2), MathF.Round(-h * size / 2), MathF.Round(w * size / 2), MathF.Round(h * size / 2)));
            }
        }

        return around;
    }
}
