namespace EdgeVision;

/// <summary>Tables for the AVX-512 VBMI kernels: output columns in groups of eight.</summary>
/// <remarks>
/// A kernel takes all bytes of a group out of one window of the source row with a single permutation. The tables hold the start of each
/// window, the permutation indices, and the weights in the same order. Every window lies inside the row of the crop; where the number of
/// columns is not a multiple of eight, the last group starts earlier and overlaps the group before it.
/// </remarks>
internal sealed class ColumnGroups
{
    /// <summary>Number of columns in a group.</summary>
    public const int Columns = 8;

    /// <summary>Gets the number of groups; 0 if the tables cannot be used.</summary>
    /// <remarks>
    /// That is with fewer than eight columns, where the pixels of a group lie too far apart, and where a row is shorter than a window.
    /// </remarks>
    public int Count { get; private set; }

    /// <summary>Gets whether windows have 128 bytes rather than 64.</summary>
    public bool IsWide { get; private set; }

    /// <summary>Gets the first byte of each window.</summary>
    public int[] Start { get; private set; } = [];

    /// <summary>Gets 64 permutation indices per group: for each column B0 B1 G0 G1 R0 R1 and two bytes with weight 0.</summary>
    public byte[] Pairs { get; private set; } = [];

    /// <summary>Gets 32 permutation indices per group, for each column B G R and an unused byte, followed by 32 unused ones.</summary>
    public byte[] Single { get; private set; } = [];

    /// <summary>
    /// Gets 128 weights per group in the order of <see cref="Pairs"/>: 64 high parts (units of 16, at most 127), then 64 low parts.
    /// </summary>
    public sbyte[] Weights { get; private set; } = [];

    /// <summary>Gets the first column of the last group.</summary>
    public int Last { get; private set; }

    /// <summary>Builds the tables for a plan and a channel order.</summary>
    public void Update(ResizePlan plan, BilinearRows.ChannelOrder channels)
    {
        Last = plan.Width - Columns;
        int n = channels.BytesPerPixel, row = plan.CropWidth * n, widest = 0;
        Count = plan.Width < Columns ? 0 : (plan.Width + Columns - 1) / Columns;
        for (int g = 0; g < Count; g++)
        {
            widest = Math.Max(widest, ColumnWindows.Right(plan, Column(g) + Columns - 1, n) + n - plan.SourceX[Column(g)] * n);
        }

        IsWide = widest > 64;
        if (widest > 128 || row < (IsWide ? 128 : 64))
        {
            Count = 0;
            return;
        }

        if (Start.Length < Count)
        {
            (Start, Pairs, Single, Weights) = (new int[Count], new byte[Count * 64], new byte[Count * 64], new sbyte[Count * 128]);
        }

        for (int g = 0; g < Count; g++)
        {
            Fill(plan, channels, g, row);
        }
    }

    private int Column(int group) => Math.Min(group * Columns, Last);

    private void Fill(ResizePlan plan, BilinearRows.ChannelOrder c, int group, int row)
    {
        int n = c.BytesPerPixel, start = Math.Min(plan.SourceX[Column(group)] * n, row - (IsWide ? 128 : 64));
        Start[group] = start;
        for (int k = 0; k < Columns; k++)
        {
            int column = Column(group) + k, left = plan.SourceX[column] * n - start, right = ColumnWindows.Right(plan, column, n) - start;
            ReadOnlySpan<int> bytes =
                [left + c.Blue, right + c.Blue, left + c.Green, right + c.Green, left + c.Red, right + c.Red, left, left];
            for (int b = 0; b < 8; b++)
            {
                int weight = group * 128 + k * 8 + b;
                Pairs[group * 64 + k * 8 + b] = (byte)bytes[b];
                (Weights[weight], Weights[weight + 64]) = ColumnWindows.Split(plan.WeightX[column * 8 + b]);
            }

            int single = group * 64 + k * 4;
            (Single[single], Single[single + 1], Single[single + 2], Single[single + 3]) =
                ((byte)bytes[0], (byte)bytes[2], (byte)bytes[4], (byte)left);
        }
    }
}
