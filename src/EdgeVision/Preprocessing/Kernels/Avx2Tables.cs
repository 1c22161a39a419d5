namespace EdgeVision.Preprocessing.Kernels;

/// <summary>Tables for the AVX2 kernels, which shuffle within 16 bytes: output columns in groups of eight.</summary>
/// <remarks>
/// The tables hold where the bytes of two columns are loaded from, the shuffle masks, and the weights in the same order. Every load lies
/// inside the row of the crop, so columns at the end of a row need no special case; where the number of columns is not a multiple of eight,
/// the last group starts earlier and overlaps the group before it.
/// </remarks>
internal sealed class Avx2Tables
{
    /// <summary>Number of columns in a group.</summary>
    public const int GroupSize = 8;

    // Columns of the lanes of a 32-byte vector, two vectors per group: packing both vectors lane by lane yields the order 0, 1, 2, ...
    private static ReadOnlySpan<int> Order => [0, 1, 4, 5, 2, 3, 6, 7];

    /// <summary>Gets the number of groups; 0 where there are fewer than eight columns or a row is shorter than a load.</summary>
    public int GroupCount { get; private set; }

    /// <summary>
    /// Gets whether the two columns of a lane lie too far apart for one load of 16 bytes, so that two loads of 8 are used.
    /// </summary>
    public bool IsSplit { get; private set; }

    /// <summary>Gets the first byte of each load: four loads per group, or eight where split.</summary>
    public int[] LoadStarts { get; private set; } = [];

    /// <summary>Gets two shuffle masks of 32 bytes per group: for each column B0 B1 G0 G1 R0 R1 and two zeros.</summary>
    public byte[] PairShuffles { get; private set; } = [];

    /// <summary>Gets two shuffle masks of 32 bytes per group, whose results combined are eight columns of B G R and a zero.</summary>
    public byte[] PixelShuffles { get; private set; } = [];

    /// <summary>
    /// Gets 64 weights per mask of <see cref="PairShuffles"/>, in its order: 32 high parts (units of 16, at most 127), then 32 low parts.
    /// </summary>
    public sbyte[] Weights { get; private set; } = [];

    /// <summary>Gets the first column of the last group.</summary>
    public int LastGroupColumn { get; private set; }

    /// <summary>Builds the tables for a plan and a channel order.</summary>
    public void Update(ResizePlan plan, BilinearKernels.ChannelOrder channels)
    {
        LastGroupColumn = plan.Width - GroupSize;
        int n = channels.BytesPerPixel, row = plan.CropWidth * n;
        GroupCount = (plan.Width + GroupSize - 1) / GroupSize;
        IsSplit = row < 16;
        for (int g = 0; g < GroupCount && plan.Width >= GroupSize && !IsSplit; g++)
        {
            for (int k = 0; k < GroupSize; k += 2)
            {
                int column = GetColumn(g) + k;
                IsSplit |= GetRightNeighbor(plan, column + 1, n) + n - plan.SourceX[column] * n > 16;
            }
        }

        if (plan.Width < GroupSize || row < (IsSplit ? 8 : 16))
        {
            GroupCount = 0;
            return;
        }

        if (PairShuffles.Length < GroupCount * 64)
        {
            (LoadStarts, PairShuffles, PixelShuffles, Weights) = (new int[GroupCount * 8], new byte[GroupCount * 64], new byte[GroupCount * 64], new sbyte[GroupCount * 128]);
        }

        for (int g = 0; g < GroupCount; g++)
        {
            FillGroup(plan, channels, g, row);
        }
    }

    private int GetColumn(int group) => Math.Min(group * GroupSize, LastGroupColumn);

    private void FillGroup(ResizePlan plan, BilinearKernels.ChannelOrder c, int group, int row)
    {
        const byte Zero = 0x80;
        int n = c.BytesPerPixel;
        PixelShuffles.AsSpan(group * 64, 64).Fill(Zero);
        for (int k = 0; k < GroupSize; k++)
        {
            int column = GetColumn(group) + Order[k], loaded = IsSplit ? column : GetColumn(group) + Order[k & ~1];
            int start = Math.Min(plan.SourceX[loaded] * n, row - (IsSplit ? 8 : 16)), place = IsSplit ? (k & 1) * 8 : 0;
            LoadStarts[IsSplit ? group * 8 + k : group * 4 + k / 2] = start;
            int left = plan.SourceX[column] * n - start + place, right = GetRightNeighbor(plan, column, n) - start + place;
            ReadOnlySpan<int> bytes =
                [left + c.Blue, right + c.Blue, left + c.Green, right + c.Green, left + c.Red, right + c.Red, Zero, Zero];
            for (int b = 0; b < 8; b++)
            {
                int weight = group * 128 + k / 4 * 64 + k % 4 * 8 + b;
                PairShuffles[group * 64 + k * 8 + b] = (byte)bytes[b];
                (Weights[weight], Weights[weight + 32]) = SplitWeight(plan.WeightX[column * 8 + b]);
            }

            // Columns of the first vector go to the lower half of their lane, columns of the second vector to the upper half.
            int single = group * 64 + k / 2 * 16 + k / 4 * 8 + (k & 1) * 4;
            (PixelShuffles[single], PixelShuffles[single + 1], PixelShuffles[single + 2]) = ((byte)bytes[0], (byte)bytes[2], (byte)bytes[4]);
        }
    }

    /// <summary>Splits a weight into a high and a low part: 16 * High + Low.</summary>
    public static (sbyte High, sbyte Low) SplitWeight(short weight)
    {
        int high = Math.Min(weight >> 4, 127);
        return ((sbyte)high, (sbyte)(weight - 16 * high));
    }

    /// <summary>Returns the first byte of the right neighbor of a column.</summary>
    /// <remarks>Where the weight of the neighbor is 0, as at the end of the row, it is the first byte of the column itself.</remarks>
    public static int GetRightNeighbor(ResizePlan plan, int column, int n) => (plan.SourceX[column] + (plan.WeightX[column * 8 + 1] == 0 ? 0 : 1)) * n;
}
