namespace EdgeVision;

/// <summary>
/// Output columns in groups of eight for kernels that shuffle inside sixteen bytes (AVX2): where the bytes of two columns are
/// loaded from, which of them go where, and the weights in the same order. Every load lies inside the crop's row, so no column
/// needs care at the row's end; where the columns are no whole number of groups, the last group begins earlier and overlaps.
/// </summary>
internal sealed class ColumnWindows
{
    /// <summary>Columns a group.</summary>
    public const int Columns = 8;

    // Columns side by side in a vector of 32 bytes, two vectors a group: packing both lane by lane leaves 0, 1, 2, ...
    private static ReadOnlySpan<int> Order => [0, 1, 4, 5, 2, 3, 6, 7];

    /// <summary>Groups there are; 0 where there are fewer than eight columns or a row is shorter than a load.</summary>
    public int Count { get; private set; }

    /// <summary>Whether the two columns of a lane lie too far apart for one load of 16 bytes and take two of 8.</summary>
    public bool IsSplit { get; private set; }

    /// <summary>First byte of each load: four a group, or eight where split.</summary>
    public int[] Start { get; private set; } = [];

    /// <summary>For each group two shuffles of 32 bytes: of each column B0 B1 G0 G1 R0 R1 and two zeros.</summary>
    public byte[] Pairs { get; private set; } = [];

    /// <summary>For each group two shuffles of 32 bytes, whose results together are eight columns of B G R and a zero.</summary>
    public byte[] Single { get; private set; } = [];

    /// <summary>
    /// For each shuffle of <see cref="Pairs"/> 32 numbers in its order: what of a weight counts sixteen, at most 127; and 32 more: the rest
    /// of each weight.
    /// </summary>
    public sbyte[] Weights { get; private set; } = [];

    /// <summary>First column of the last group.</summary>
    public int Last { get; private set; }

    /// <summary>Makes the tables of a plan and a channel order.</summary>
    public void Update(ResizePlan plan, BilinearRows.ChannelOrder channels)
    {
        Last = plan.Width - Columns;
        int n = channels.BytesPerPixel, row = plan.CropWidth * n;
        Count = (plan.Width + Columns - 1) / Columns;
        IsSplit = row < 16;
        for (int g = 0; g < Count && plan.Width >= Columns && !IsSplit; g++)
        {
            for (int k = 0; k < Columns; k += 2)
            {
                int column = Column(g) + k;
                IsSplit |= Right(plan, column + 1, n) + n - plan.SourceX[column] * n > 16;
            }
        }

        if (plan.Width < Columns || row < (IsSplit ? 8 : 16))
        {
            Count = 0;
            return;
        }

        if (Pairs.Length < Count * 64)
        {
            (Start, Pairs, Single, Weights) = (new int[Count * 8], new byte[Count * 64], new byte[Count * 64], new sbyte[Count * 128]);
        }

        for (int g = 0; g < Count; g++)
        {
            Fill(plan, channels, g, row);
        }
    }

    private int Column(int group) => Math.Min(group * Columns, Last);

    private void Fill(ResizePlan plan, BilinearRows.ChannelOrder c, int group, int row)
    {
        const byte Zero = 0x80;
        int n = c.BytesPerPixel;
        Single.AsSpan(group * 64, 64).Fill(Zero);
        for (int k = 0; k < Columns; k++)
        {
            int column = Column(group) + Order[k], loaded = IsSplit ? column : Column(group) + Order[k & ~1];
            int start = Math.Min(plan.SourceX[loaded] * n, row - (IsSplit ? 8 : 16)), place = IsSplit ? (k & 1) * 8 : 0;
            Start[IsSplit ? group * 8 + k : group * 4 + k / 2] = start;
            int left = plan.SourceX[column] * n - start + place, right = Right(plan, column, n) - start + place;
            ReadOnlySpan<int> bytes = [left + c.Blue, right + c.Blue, left + c.Green, right + c.Green, left + c.Red, right + c.Red, Zero, Zero];
            for (int b = 0; b < 8; b++)
            {
                int weight = group * 128 + k / 4 * 64 + k % 4 * 8 + b;
                Pairs[group * 64 + k * 8 + b] = (byte)bytes[b];
                (Weights[weight], Weights[weight + 32]) = Split(plan.WeightX[column * 8 + b]);
            }

            // Columns of the first vector in the lower half of their lane, those of the second in the upper.
            int single = group * 64 + k / 2 * 16 + k / 4 * 8 + (k & 1) * 4;
            (Single[single], Single[single + 1], Single[single + 2]) = ((byte)bytes[0], (byte)bytes[2], (byte)bytes[4]);
        }
    }

    /// <summary>A weight as 16 times the first number and the second.</summary>
    public static (sbyte High, sbyte Low) Split(short weight)
    {
        int high = Math.Min(weight >> 4, 127);
        return ((sbyte)high, (sbyte)(weight - 16 * high));
    }

    /// <summary>First byte of a column's right neighbour: of itself where that has no weight, as at the row's end there is none.</summary>
    public static int Right(ResizePlan plan, int column, int n) => (plan.SourceX[column] + (plan.WeightX[column * 8 + 1] == 0 ? 0 : 1)) * n;
}
