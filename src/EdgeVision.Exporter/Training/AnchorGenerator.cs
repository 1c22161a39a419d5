namespace EdgeVision.Exporter.Training;

/// <summary>
/// Anchors as torchvision's AnchorGenerator makes them: per level its sizes times the ratios (ratio = height / width),
/// ratio-major, rounded half to even, centred on the corner (x * stride, y * stride) of each cell.
/// </summary>
/// <param name="Strides">Pixels a cell, by level.</param>
/// <param name="Sizes">Sides of the square anchor in pixels, by level.</param>
/// <param name="Ratios">Height over width.</param>
public sealed record AnchorGenerator(int[] Strides, float[][] Sizes, float[] Ratios)
{
    /// <summary>Anchors at each location.</summary>
    public int PerLocation => Sizes[0].Length * Ratios.Length;

    /// <summary>Anchors of one location of a level around the origin.</summary>
    public Box[] Base(int level)
    {
        var boxes = new List<Box>();
        foreach (float ratio in Ratios)
        {
            float heightRatio = MathF.Sqrt(ratio), widthRatio = 1 / heightRatio;
            foreach (float size in Sizes[level])
            {
                float w = widthRatio * size / 2, h = heightRatio * size / 2;
                boxes.Add(new Box(MathF.Round(-w), MathF.Round(-h), MathF.Round(w), MathF.Round(h)));
            }
        }

        return [.. boxes];
    }

    /// <summary>All anchors of an input, by level, y, x, anchor.</summary>
    public Box[] All(int width, int height)
    {
        var anchors = new List<Box>();
        for (int level = 0; level < Strides.Length; level++)
        {
            int stride = Strides[level];
            var around = Base(level);
            for (int y = 0; y < height / stride; y++)
            {
                for (int x = 0; x < width / stride; x++)
                {
                    anchors.AddRange(around.Select(b => new Box(b.X1 + x * stride, b.Y1 + y * stride, b.X2 + x * stride, b.Y2 + y * stride)));
                }
            }
        }

        return [.. anchors];
    }
}
