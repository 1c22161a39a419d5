using EdgeVision.Pipeline.Sources;

namespace EdgeVision.Pipeline;

/// <summary>Source of frames: an image, a video, a camera, a stream.</summary>
/// <remarks>
/// One thread opens and reads; <see cref="Abort"/> may be called from another. The pipeline paces, numbers and drops frames; a source
/// only describes the frames it reads.
/// </remarks>
public abstract class FrameSource : IDisposable
{
    /// <summary>Creates a source with a name.</summary>
    /// <param name="name">Name in results and messages, without credentials (<see cref="SourceAddress.Redact"/>).</param>
    protected FrameSource(string name)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Name = name;
    }

    /// <summary>Name in results and messages; never contains credentials.</summary>
    public string Name { get; }

    /// <summary>Gets whether frames arrive on their own, as from a camera, and are lost if not read in time. A file waits.</summary>
    public abstract bool IsLive { get; }

    /// <summary>Frames per second as reported by the source once open; null if unknown.</summary>
    public virtual double? FrameRate => null;

    /// <summary>Total number of frames once open; null if unknown.</summary>
    public virtual long? FrameCount => null;

    /// <summary>Opens the source or connects to it; called once, before the first <see cref="Read"/>.</summary>
    /// <exception cref="SourceException">
    /// It cannot be opened; <see cref="SourceException.CanRetry"/> says whether a retry may help.
    /// </exception>
    public abstract void Open(CancellationToken cancel);

    /// <summary>Waits for the next frame.</summary>
    /// <param name="pool">Pool that provides the memory of the frame.</param>
    /// <param name="cancel">Cancels the wait with <see cref="OperationCanceledException"/>.</param>
    /// <returns>The frame, which the caller disposes; null once the source has ended.</returns>
    /// <exception cref="FrameFormatException">This frame cannot be decoded; the next call continues after it.</exception>
    /// <exception cref="SourceException">The source is lost; this instance delivers no more frames.</exception>
    /// <remarks>
    /// Sequence numbers count every frame of the source from 0, including those that could not be decoded; <see cref="Frame.Timestamp"/>
    /// is on the source's clock, starting at its first frame.
    /// </remarks>
    public abstract Frame? Read(FramePool pool, CancellationToken cancel);

    /// <summary>Makes a waiting <see cref="Read"/> or <see cref="Open"/> return soon.</summary>
    /// <remarks>Called from another thread when the source has stalled or the pipeline stops.</remarks>
    public virtual void Abort()
    {
    }

    /// <summary>Time at which a frame of a constant rate is due, to the nearest tick.</summary>
    /// <param name="sequence">Index of the frame, from 0.</param>
    /// <param name="rate">Frames per second.</param>
    protected static TimeSpan GetDueTime(long sequence, double rate) =>
        TimeSpan.FromTicks((long)Math.Round(sequence * (TimeSpan.TicksPerSecond / rate)));

    /// <inheritdoc/>
    public void Dispose()
    {
        Dispose(true);
        GC.SuppressFinalize(this);
    }

    /// <summary>Releases the source's resources.</summary>
    protected virtual void Dispose(bool disposing)
    {
    }
}
