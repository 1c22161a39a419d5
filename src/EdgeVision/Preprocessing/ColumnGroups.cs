namespace EdgeVision;

/// <summary>
/// Output columns in groups of eight for kernels that take all bytes of a group out of one window of the source row with a
/// single permutation (AVX-512 VBMI): where each window begins, which bytes go where, and the weights in the same order. Every
/// window lies inside the crop's row; where the columns are no whole number of groups, the last group begins earlier and overlaps.
/// </summary>
internal sealed class ColumnGroups
{
    /// <summary>Columns a group.</summary>
    public const int Columns = 8;

    /// <summary>Groups there are; 0 where there are fewer than eight columns, a group's pixels lie too far apart or a row is shorter than a window.</summary>
    public int Count { get; private set; }

    /// <summary>Whether windows have 128 bytes rather than 64.</summary>
    public bool IsWide { get; private set; }

    /// <summary>First byte of each window.</summary>
    public int[] Start { get; private set; } = [];

    /// <summary>For each group 64 bytes of the window: of each column B0 B1 G0 G1 R0 R1 and two that have no weight.</summary>
    public byte[] Pairs { get; private set; } = [];

    /// <summary>For each group 32 bytes of the window: of each column B G R and one unused; the next 32 are unused.</summary>
    public byte[] Single { get; private set; } = [];

    /// <summary>
    /// For each group 64 numbers as <see cref="Pairs"/>: what of a weight counts sixteen, at most 127; and 64 more: the rest of each
    /// weight.
    /// </summary>
    public sbyte[] Weights { get; private set; } = [];

    /// <summary>First column of the last group.</summary>
    public int Last { get; private set; }

    /// <summary>Makes the tables of a plan and a channel order.</summary>
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
            ReadOnlySpan<int> bytes = [left + c.Blue, right + c.Blue, left + c.Green, right + c.Green, left + c.Red, right + c.Red, left, left];
            for (int b = 0; b < 8; b++)
            {
                int weight = group * 128 + k * 8 + b;
                Pairs[group * 64 + k * 8 + b] = (byte)bytes[b];
                (Weights[weight], Weights[weight + 64]) = ColumnWindows.Split(plan.WeightX[column * 8 + b]);
            }

            int single = group * 64 + k * 4;
            (Single[single], Single[single + 1], Single[single + 2], Single[single + 3]) = ((byte)bytes[0], (byte)bytes[2], (byte)bytes[4], (byte)left);
        }
    }
}
