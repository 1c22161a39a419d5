namespace EdgeVision.Decoding.Yolo;

/// <summary>Cells of feature levels, level by level.</summary>
internal static class GridCells
{
    /// <summary>Returns column, row and stride of each cell in the order level, y, x.</summary>
    /// <remarks>A level has ceil(size / stride) cells along each axis.</remarks>
    public static List<(float X, float Y, float Stride)> Create(int width, int height, int[] strides)
    {
        var cells = new List<(float, float, float)>();
        foreach (int stride in strides)
        {
            for (int y = 0; y < (height + stride - 1) / stride; y++)
            {
                for (int x = 0; x < (width + stride - 1) / stride; x++)
                {
                    cells.Add((x, y, stride));
                }
            }
        }

        return cells;
    }
}
