namespace EdgeVision;

/// <summary>A score and an index in one number that sorts by score and, at equal scores, by index: comparing is one instruction and ties are settled.</summary>
internal static class RankKey
{
    /// <summary>Smaller for a higher score; at equal scores smaller for a lower index. -0 equals 0. No NaN.</summary>
    public static ulong Descending(float score, int index) => (ulong)~Sortable(score) << 32 | (uint)index;

    /// <summary>The index in a key.</summary>
    public static int Index(ulong key) => (int)(uint)key;

    /// <summary>The score in a key.</summary>
    public static float Score(ulong key)
    {
        uint bits = ~(uint)(key >> 32);
        return BitConverter.UInt32BitsToSingle((bits & 0x8000_0000) != 0 ? bits ^ 0x8000_0000 : ~bits);
    }

    // The bits of floats above 0 sort like integers, those below 0 the other way round.
    private static uint Sortable(float score)
    {
        uint bits = BitConverter.SingleToUInt32Bits(score + 0f);
        return (bits & 0x8000_0000) != 0 ? ~bits : bits | 0x8000_0000;
    }
}
