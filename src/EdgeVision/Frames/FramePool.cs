namespace EdgeVision;

/// <summary>Pool of reusable frames: a steady stream of one size allocates nothing.</summary>
/// <remarks>
/// The memory is pinned, so that a native decoder can write into it. On Linux frames of 2 MiB and more use huge pages where
/// <c>/sys/kernel/mm/transparent_hugepage/enabled</c> is <c>madvise</c> or <c>always</c> and the process may use at least 1 GiB.
/// Thread-safe: any thread may rent a frame, and any may dispose it.
/// </remarks>
public sealed class FramePool
{
    private readonly Lock _lock = new();
    private readonly Stack<Frame> _free = new();
    private readonly int _maxFrames;
    private int _outstanding;

    /// <summary>Creates a pool.</summary>
    /// <param name="maxFrames">Maximum number of frames kept for reuse, at least 1. More may be rented; the excess is left to the
    /// garbage collector.</param>
    public FramePool(int maxFrames = 32)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(maxFrames, 1);
        _maxFrames = maxFrames;
    }

    /// <summary>Gets the number of frames that are rented and not disposed yet.</summary>
    public int RentedCount => Volatile.Read(ref _outstanding);

    /// <summary>Rents a frame without row padding; its contents are undefined. Disposing returns it to the pool.</summary>
    /// <param name="format">Layout of the bytes.</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="source">Name of the source.</param>
    /// <param name="sequence">Sequence number of the frame in its source.</param>
    /// <param name="timestamp">Capture time on the source's clock.</param>
    /// <exception cref="FrameFormatException">The size is invalid.</exception>
    public Frame Rent(PixelFormat format, int width, int height, string source = "", long sequence = 0, TimeSpan timestamp = default)
    {
        Frame? frame = null;
        lock (_lock)
        {
            // Frames of another size, as after a camera changed its resolution, are dropped.
            while (frame is null && _free.TryPop(out var kept))
            {
                frame = kept.Format == format && kept.Width == width && kept.Height == height ? kept : null;
            }
        }

        frame ??= Frame.CreatePooled(this, format, width, height);
        Interlocked.Increment(ref _outstanding);
        return frame.Reuse(source, sequence, timestamp);
    }

    internal void Return(Frame frame)
    {
        Interlocked.Decrement(ref _outstanding);
        lock (_lock)
        {
            if (_free.Count < _maxFrames)
            {
                _free.Push(frame);
            }
        }
    }
}
