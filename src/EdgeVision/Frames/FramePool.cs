namespace EdgeVision;

/// <summary>
/// Frames that are used again: a steady stream of one size allocates nothing. The memory is pinned, so that a native decoder can write
/// into it. On Linux frames of 2 MB and more lie in large pages, where <c>/sys/kernel/mm/transparent_hugepage/enabled</c> says <c>madvise</c> or <c>always</c> and the process may use a gigabyte. Any thread may rent, and any may dispose what was rented.
/// </summary>
public sealed class FramePool
{
    private readonly Lock _lock = new();
    private readonly Stack<Frame> _free = new();
    private readonly int _most;
    private int _outstanding;

    /// <summary>Makes a pool that keeps at most so many frames for the next use.</summary>
    /// <param name="most">Frames kept, at least 1; more may be rented, and are then left to the garbage collector.</param>
    public FramePool(int most = 32)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(most, 1);
        _most = most;
    }

    /// <summary>Frames that are rented and not disposed yet.</summary>
    public int Outstanding => Volatile.Read(ref _outstanding);

    /// <summary>A frame with tight rows, contents undefined; disposing it gives it back.</summary>
    /// <param name="format">Layout of the bytes.</param>
    /// <param name="width">Width in pixels.</param>
    /// <param name="height">Height in pixels.</param>
    /// <param name="source">Name of the source.</param>
    /// <param name="sequence">Number of the frame in its source.</param>
    /// <param name="timestamp">Capture time on the source's clock.</param>
    /// <exception cref="FrameFormatException">The size is impossible.</exception>
    public Frame Rent(PixelFormat format, int width, int height, string source = "", long sequence = 0, TimeSpan timestamp = default)
    {
        Frame? frame = null;
        lock (_lock)
        {
            // A camera that changes its size makes the frames of the old one useless.
            while (frame is null && _free.TryPop(out var kept))
            {
                frame = kept.Format == format && kept.Width == width && kept.Height == height ? kept : null;
            }
        }

        frame ??= Frame.ForPool(this, format, width, height);
        Interlocked.Increment(ref _outstanding);
        return frame.Begin(source, sequence, timestamp);
    }

    internal void TakeBack(Frame frame)
    {
        Interlocked.Decrement(ref _outstanding);
        lock (_lock)
        {
            if (_free.Count < _most)
            {
                _free.Push(frame);
            }
        }
    }
}
