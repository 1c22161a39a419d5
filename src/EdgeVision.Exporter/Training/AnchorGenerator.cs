namespace EdgeVision.Exporter.Training;

/// <summary>Generates anchors as torchvision's AnchorGenerator does.</summary>
/// <param name="Strides">Pixels per cell, by level.</param>
/// <param name="Sizes">Sides of the square anchors in pixels, by level.</param>
/// <param name="Ratios">Ratios of height to width.</param>
/// <remarks>
/// For each level its sizes times the ratios (ratio = height / width), ratio-major, rounded half to even, centered on the
/// corner (x * stride, y * stride) of each cell.
/// </remarks>
public sealed record AnchorGenerator(int[] Strides, float[][] Sizes, float[] Ratios)
{
    /// <summary>Gets the number of anchors per location.</summary>
    public int AnchorsPerLocation => Sizes[0].Length * Ratios.Length;

    /// <summary>Returns the anchors of one location of a level around the origin.</summary>
    public Box[] GetBaseAnchors(int level)
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

    /// <summary>Returns all anchors of an input, ordered by level, y, x, anchor.</summary>
    public Box[] Generate(int width, int height)
    {
        var anchors = new List<Box>();
        for (int level = 0; level < Strides.Length; level++)
        {
            int stride = Strides[level];
            var around = GetBaseAnchors(level);
            for (int y = 0; y < height / stride; y++)
            {
                for (int x = 0; x < width / stride; x++)
                {
                    anchors.AddRange(
                        around.Select(b => new Box(b.X1 + x * stride, b.Y1 + y * stride, b.X2 + x * stride, b.Y2 + y * stride)));
                }
            }
        }

        return [.. anchors];
    }
}
