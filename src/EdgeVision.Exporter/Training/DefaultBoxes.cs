namespace EdgeVision.Exporter.Training;

/// <summary>Generates SSD's default boxes as torchvision's DefaultBoxGenerator (and the decoder <c>ssd</c>) does.</summary>
/// <param name="Width">Width of the input in pixels.</param>
/// <param name="Height">Height of the input in pixels.</param>
/// <param name="Strides">Pixels per cell, by level.</param>
/// <param name="Scales">Scales relative to the input, one more than levels.</param>
/// <param name="Ratios">Ratios above 1 of each level; their inverses are added.</param>
/// <remarks>
/// For each cell s_k, sqrt(s_k s_k+1), then (w, h) and (h, w) of each ratio. Sizes are relative to the input and clipped to it;
/// centers are those of the cells. Ordered by level, y, x, box.
/// </remarks>
public sealed record DefaultBoxes(int Width, int Height, int[] Strides, float[] Scales, float[][] Ratios)
{
    /// <summary>Returns the number of boxes per location of a level.</summary>
    public int GetBoxesPerLocation(int level) => 2 + 2 * Ratios[level].Length;

    /// <summary>Returns all boxes in pixels of the input.</summary>
    public Box[] Generate()
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
