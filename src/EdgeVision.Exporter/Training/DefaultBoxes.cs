namespace EdgeVision.Exporter.Training;

/// <summary>
/// SSD's default boxes as torchvision's DefaultBoxGenerator makes them (and the decoder <c>ssd</c>): for each cell s_k,
/// sqrt(s_k s_k+1), then (w, h) and (h, w) of each ratio; sizes are parts of the input and cut to it, centres are those of
/// cells. By level, y, x, box.
/// </summary>
/// <param name="Width">Width of the input in pixels.</param>
/// <param name="Height">Height of the input in pixels.</param>
/// <param name="Strides">Pixels a cell, by level.</param>
/// <param name="Scales">Parts of the input, one more than levels.</param>
/// <param name="Ratios">Ratios above 1 of each level; their inverses come with them.</param>
public sealed record DefaultBoxes(int Width, int Height, int[] Strides, float[] Scales, float[][] Ratios)
{
    /// <summary>Boxes at each location of a level.</summary>
    public int PerLocation(int level) => 2 + 2 * Ratios[level].Length;

    /// <summary>All boxes, in pixels of the input.</summary>
    public Box[] All()
    {
        var boxes = new List<Box>();
        for (int level = 0; level < Strides.Length; level++)
        {
            int stride = Strides[level];
            var sizes = Sizes(level);
            for (int y = 0; y < (Height + stride - 1) / stride; y++)
            {
                for (int x = 0; x < (Width + stride - 1) / stride; x++)
                {
                    float cx = (x + 0.5f) * stride, cy = (y + 0.5f) * stride;
                    foreach (var (w, h) in sizes)
                    {
                        boxes.Add(new Box(cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2));
                    }
                }
            }
        }

        return [.. boxes];
    }

    private List<(float Width, float Height)> Sizes(int level)
    {
        double scale = Scales[level], between = Math.Sqrt(scale * Scales[level + 1]);
        List<(double W, double H)> parts = [(scale, scale), (between, between)];
        foreach (float ratio in Ratios[level])
        {
            double w = scale * Math.Sqrt(ratio), h = scale / Math.Sqrt(ratio);
            parts.AddRange([(w, h), (h, w)]);
        }

        return [.. parts.Select(p => ((float)(Math.Min(p.W, 1) * Width), (float)(Math.Min(p.H, 1) * Height)))];
    }
}
