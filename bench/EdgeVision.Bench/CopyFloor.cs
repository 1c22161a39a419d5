namespace EdgeVision.Bench;

/// <summary>
/// The least that any way from frame to tensor must take: one copy of as many bytes as must be read and written, half of them each way. Source rows that no output row takes
/// are not counted. The memory is written before: what nobody has written yet is one and the same page of zeros, which comes from the first-level cache.
/// </summary>
internal sealed class CopyFloor
{
    private readonly byte[] _from, _to;

    /// <summary>Takes the memory.</summary>
    /// <param name="frame">The frame.</param>
    /// <param name="tensor">Bytes of the tensor.</param>
    /// <param name="rows">Rows that the picture has in the tensor.</param>
    public CopyFloor(Frame frame, int tensor, int rows)
    {
        // A row of an odd whole-numbered ratio is one source row, any other is made of two.
        double ratio = (double)frame.Height / rows;
        int needed = Math.Min(frame.Height, ratio % 2 == 1 ? rows : 2 * rows);
        long bytes = (long)frame.Data.Length * needed / frame.Height + tensor;
        _from = new byte[bytes / 2];
        _to = new byte[bytes / 2];
        new Random(1).NextBytes(_from);
        Run();
    }

    /// <summary>Rows of a frame that is fitted into a square.</summary>
    public static int Letterboxed(Frame frame, int side) => (int)Math.Round(frame.Height * Math.Min((double)side / frame.Height, (double)side / frame.Width));

    /// <summary>One copy.</summary>
    public void Run() => _from.AsSpan().CopyTo(_to);
}
