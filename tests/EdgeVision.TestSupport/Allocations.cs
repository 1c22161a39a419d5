namespace EdgeVision.TestSupport;

/// <summary>Counts what a step allocates on this thread once it has run before.</summary>
internal static class Allocations
{
    /// <summary>
    /// Bytes a hundred steps allocate: the least of four rounds, because the runtime itself may allocate once when it recompiles a
    /// hot method. What a step allocates shows in every round.
    /// </summary>
    public static long Of(Action step)
    {
        for (int i = 0; i < 9; i++)
        {
            step();
        }

        long least = long.MaxValue;
        for (int round = 0; round < 4 && least > 0; round++)
        {
            long before = GC.GetAllocatedBytesForCurrentThread();
            for (int i = 0; i < 100; i++)
            {
                step();
            }

            least = Math.Min(least, GC.GetAllocatedBytesForCurrentThread() - before);
        }

        return least;
    }
}
