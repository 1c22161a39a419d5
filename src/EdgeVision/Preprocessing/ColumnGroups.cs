namespace EdgeVision;

/// <summary>
/// Output columns in groups of eight for kernels that take all bytes of a group out of one window of the source row with a
/// single permutation (AVX-512 VBMI): where each window begins, which bytes go where, and the weights in the same order.
/// Kept while plan and channel order stay.
/// </summary>
internal sealed class ColumnGroups
{
    /// <summary>Columns a group.</summary>
    public const int Columns = 8;

    // Columns of the pairs' order: packing two registers lane by lane leaves them as 0, 1, 2, ...
    private static ReadOnlySpan<int> Order => [0, 2, 4, 6, 1, 3, 5, 7];

    private ResizePlan? _plan;
    private int _version = -1;
    private BilinearRows.ChannelOrder _channels;

    /// <summary>Groups there are, the last columns left out where they fill none; 0 where a group's pixels lie too far apart.</summary>
    public int Count { get; private set; }

    /// <summary>Whether windows have 128 bytes rather than 64.</summary>
    public bool IsWide { get; private set; }

    /// <summary>First byte of each window.</summary>
    public int[] Start { get; private set; } = [];

    /// <summary>For each group 64 bytes of the window: eight columns in the pairs' order, of each B0 B1 G0 G1 R0 R1 and two unused.</summary>
    public byte[] Pairs { get; private set; } = [];

    /// <summary>For each group 32 bytes of the window: eight columns of B G R and one unused; the next 32 are unused.</summary>
    public byte[] Single { get; private set; } = [];

    /// <summary>For each group 64 weights, as <see cref="Pairs"/>.</summary>
    public short[] Weights { get; private set; } = [];

    /// <summary>Brings the tables to a plan and a channel order; nothing happens while both stay.</summary>
    public void Update(ResizePlan plan, BilinearRows.ChannelOrder channels)
    {
        if (ReferenceEquals(plan, _plan) && _version == plan.Version && channels.Equals(_channels))
        {
            return;
        }

        (_plan, _version, _channels) = (plan, plan.Version, channels);
        Count = plan.Width / Columns;
        if (Start.Length < Count)
        {
            Start = new int[Count];
            Pairs = new byte[Count * 64];
            Single = new byte[Count * 64];
            Weights = new short[Count * 64];
        }

        IsWide = false;
        for (int g = 0; g < Count; g++)
        {
            if (!Fill(plan, channels, g))
            {
                Count = 0;
                return;
            }
        }
    }

    private bool Fill(ResizePlan plan, BilinearRows.ChannelOrder c, int group)
    {
        int first = plan.SourceX[group * Columns], n = c.BytesPerPixel;
        Start[group] = first * n;
        for (int k = 0; k < Columns; k++)
        {
            int column = group * Columns + Order[k];
            int left = (plan.SourceX[column] - first) * n;
            // The last column of a row has no right neighbour and no weight for it.
            int right = plan.WeightX[column * 8 + 1] == 0 ? left : left + n;
            if (right + n > 128)
            {
                return false;
            }

            IsWide |= right + n > 64;
            ReadOnlySpan<int> bytes = [left + c.Blue, right + c.Blue, left + c.Green, right + c.Green, left + c.Red, right + c.Red, left, left];
            for (int b = 0; b < 8; b++)
            {
                Pairs[group * 64 + k * 8 + b] = (byte)bytes[b];
                Weights[group * 64 + k * 8 + b] = plan.WeightX[column * 8 + b];
            }

            int single = group * 64 + Order[k] * 4;
            (Single[single], Single[single + 1], Single[single + 2], Single[single + 3]) = ((byte)bytes[0], (byte)bytes[2], (byte)bytes[4], (byte)left);
        }

        return true;
    }
}
