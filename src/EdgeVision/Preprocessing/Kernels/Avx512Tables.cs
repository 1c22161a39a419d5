namespace EdgeVision.Preprocessing.Kernels;

/// <summary>Tables for the AVX-512 VBMI kernels: output columns in groups of eight.</summary>
/// <remarks>
/// A kernel takes all bytes of a group out of one window of the source row with a single permutation. The tables hold the start of each
/// window, the permutation indices, and the weights in the same order. Every window lies inside the row of the crop; where the number of
/// columns is not a multiple of eight, the last group starts earlier and overlaps the group before it.
/// </remarks>
internal sealed class Avx512Tables
{
    /// <summary>Number of columns in a group.</summary>
    public const int GroupSize = 8;

    /// <summary>Gets the number of groups; 0 if the tables cannot be used.</summary>
    /// <remarks>
    /// That is with fewer than eight columns, where the pixels of a group lie too far apart, and where a row is shorter than a window.
    /// </remarks>
    public int GroupCount { get; private set; }

    /// <summary>Gets whether windows have 128 bytes rather than 64.</summary>
    public bool IsWide { get; private set; }

    /// <summary>Gets the first byte of each window.</summary>
    public int[] WindowStarts { get; private set; } = [];

    /// <summary>Gets 64 permutation indices per group: for each column B0 B1 G0 G1 R0 R1 and two bytes with weight 0.</summary>
    public byte[] PairIndices { get; private set; } = [];

    /// <summary>Gets 32 permutation indices per group, for each column B G R and an unused byte, followed by 32 unused ones.</summary>
    public byte[] PixelIndices { get; private set; } = [];

    /// <summary>
    /// Gets 128 weights per group in the order of <see cref="PairIndices"/>: 64 high parts (units of 16, at most 127), then 64 low parts.
    /// </summary>
    public sbyte[] Weights { get; private set; } = [];

    /// <summary>Gets the first column of the last group.</summary>
    public int LastGroupColumn { get; private set; }

    /// <summary>Builds the tables for a plan and a channel order.</summary>
    public void Update(ResizePlan plan, BilinearKernels.ChannelOrder channels)
    {
        LastGroupColumn = plan.Width - GroupSize;
        int n = channels.BytesPerPixel, row = plan.CropWidth * n, widest = 0;
        GroupCount = plan.Width < GroupSize ? 0 : (plan.Width + GroupSize - 1) / GroupSize;
        for (int g = 0; g < GroupCount; g++)
        {
            widest = Math.Max(widest, Avx2Tables.GetRightNeighbor(plan, GetColumn(g) + GroupSize - 1, n) + n - plan.SourceX[GetColumn(g)] * n);
        }

        IsWide = widest > 64;
        if (widest > 128 || row < (IsWide ? 128 : 64))
        {
            GroupCount = 0;
            return;
        }

        if (WindowStarts.Length < GroupCount)
        {
            (WindowStarts, PairIndices, PixelIndices, Weights) = (new int[GroupCount], new byte[GroupCount * 64], new byte[GroupCount * 64], new sbyte[GroupCount * 128]);
        }

        for (int g = 0; g < GroupCount; g++)
        {
            FillGroup(plan, channels, g, row);
        }
    }

    private int GetColumn(int group) => Math.Min(group * GroupSize, LastGroupColumn);

    private void FillGroup(ResizePlan plan, BilinearKernels.ChannelOrder c, int group, int row)
    {
        int n = c.BytesPerPixel, start = Math.Min(plan.SourceX[GetColumn(group)] * n, row - (IsWide ? 128 : 64));
        WindowStarts[group] = start;
        for (int k = 0; k < GroupSize; k++)
        {
            int column = GetColumn(group) + k, left = plan.SourceX[column] * n - start, right = Avx2Tables.GetRightNeighbor(plan, column, n) - start;
            ReadOnlySpan<int> bytes =
                [left + c.Blue, right + c.Blue, left + c.Green, right + c.Green, left + c.Red, right + c.Red, left, left];
            for (int b = 0; b < 8; b++)
            {
                int weight = group * 128 + k * 8 + b;
                PairIndices[group * 64 + k * 8 + b] = (byte)bytes[b];
                (Weights[weight], Weights[weight + 64]) = Avx2Tables.SplitWeight(plan.WeightX[column * 8 + b]);
            }

            int single = group * 64 + k * 4;
            (PixelIndices[single], PixelIndices[single + 1], PixelIndices[single + 2], PixelIndices[single + 3]) =
                ((byte)bytes[0], (byte)bytes[2], (byte)bytes[4], (byte)left);
        }
    }
}
