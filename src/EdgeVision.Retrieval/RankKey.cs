namespace EdgeVision.Retrieval;

/// <summary>Packs a score and an index into one integer that sorts by score and, at equal scores, by index.</summary>
/// <remarks>Comparing takes one instruction, and ties are broken.</remarks>
public static class RankKey
{
    /// <summary>Creates a key that is smaller for a higher score and, at equal scores, for a lower index.</summary>
    /// <remarks>-0 equals 0. NaN is not allowed.</remarks>
    public static ulong CreateDescending(float score, int index) => (ulong)~ToSortableBits(score) << 32 | (uint)index;

    /// <summary>Returns the index of a key.</summary>
    public static int GetIndex(ulong key) => (int)(uint)key;

    /// <summary>Returns the score of a key.</summary>
    public static float GetScore(ulong key)
    {
        uint bits = ~(uint)(key >> 32);
        return BitConverter.UInt32BitsToSingle((bits & 0x8000_0000) != 0 ? bits ^ 0x8000_0000 : ~bits);
    }

    // The bits of positive floats sort like integers, those of negative floats in reverse.
    private static uint ToSortableBits(float score)
    {
        uint bits = BitConverter.SingleToUInt32Bits(score + 0f);
        return (bits & 0x8000_0000) != 0 ? ~bits : bits | 0x8000_0000;
    }
}
