namespace EdgeVision;

/// <summary>
/// Where frames come from: a picture, a video, a camera, a stream. One thread opens and reads; <see cref="Abort"/> may come from another.
/// What is read is the pipeline's to pace, number and drop; a source says only what its frames are.
/// </summary>
public abstract class FrameSource : IDisposable
{
    /// <summary>Names the source.</summary>
    /// <param name="name">For results and messages, without credentials (<see cref="SourceAddress.Redact"/>).</param>
    protected FrameSource(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Name = name;
    }

    /// <summary>Name for results and messages; never holds credentials.</summary>
    public string Name { get; }

    /// <summary>Whether frames come by themselves, as a camera's do; those that nobody takes in time are lost. A file waits.</summary>
    public abstract bool IsLive { get; }

    /// <summary>Frames a second as the source says, once open; null where it does not.</summary>
    public virtual double? FrameRate => null;

    /// <summary>Frames there will be, once open; null where nobody knows.</summary>
    public virtual long? FrameCount => null;

    /// <summary>Opens or connects; called once, before the first <see cref="Read"/>.</summary>
    /// <exception cref="SourceException">It cannot be had; <see cref="SourceException.CanRetry"/> says whether trying again may help.</exception>
    public abstract void Open(CancellationToken cancel);

    /// <summary>
    /// Waits for the next frame. Sequence numbers count from 0 what the source gave, also what could not be decoded;
    /// <see cref="Frame.Timestamp"/> is on the source's clock, from its first frame.
    /// </summary>
    /// <param name="pool">Memory for the frame.</param>
    /// <param name="cancel">Ends the wait with <see cref="OperationCanceledException"/>.</param>
    /// <returns>The frame, the caller's to dispose; null once the source has ended.</returns>
    /// <exception cref="FrameFormatException">This one frame is broken; the next call goes on behind it.</exception>
    /// <exception cref="SourceException">The source is lost; this instance gives nothing any more.</exception>
    public abstract Frame? Read(FramePool pool, CancellationToken cancel);

    /// <summary>Makes a waiting <see cref="Read"/> or <see cref="Open"/> give up soon. Called from another thread when the source has stalled or the pipeline stops.</summary>
    public virtual void Abort()
    {
    }

    /// <summary>When a frame of a steady rate is due, to the nearest tick.</summary>
    /// <param name="sequence">Number of the frame, from 0.</param>
    /// <param name="rate">Frames a second.</param>
    protected static TimeSpan DueTime(long sequence, double rate) => TimeSpan.FromTicks((long)Math.Round(sequence * (TimeSpan.TicksPerSecond / rate)));

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Frees what the source holds.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }
}
