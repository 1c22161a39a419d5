using EdgeVision.Pipeline;

namespace EdgeVision.Configuration;

/// <summary>Ends a source after a number of frames, damaged ones included.</summary>
/// <remarks>
/// A live source that is reopened after a loss continues counting; another source restarts from its first frame, and so does
/// its count.
/// </remarks>
internal sealed class LimitedSource(FrameSource source, int maxFrames, LimitedSource.FrameCounter delivered) : FrameSource(source.Name)
{
    /// <summary>Number of frames delivered so far, shared by all instances opened for one source.</summary>
    public sealed class FrameCounter
    {
        /// <summary>Gets or sets the number of frames.</summary>
        public int Frames { get; set; }
    }

    /// <inheritdoc/>
    public override bool IsLive => source.IsLive;

    /// <inheritdoc/>
    public override double? FrameRate => source.FrameRate;

    /// <inheritdoc/>
    public override long? FrameCount => source.FrameCount is { } count ? Math.Min(count, maxFrames) : null;

    /// <inheritdoc/>
    public override void Open(CancellationToken cancel)
    {
        source.Open(cancel);
        if (!source.IsLive)
        {
            delivered.Frames = 0;
        }
    }

    /// <inheritdoc/>
    public override Frame? Read(FramePool pool, CancellationToken cancel)
    {
        if (delivered.Frames >= maxFrames)
        {
            return null;
        }

        delivered.Frames++;
        return source.Read(pool, cancel);
    }

    /// <inheritdoc/>
    public override void Abort() => source.Abort();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        if (disposing)
        {
            source.Dispose();
        }

        base.Dispose(disposing);
    }
}
