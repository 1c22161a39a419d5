namespace EdgeVision.Configuration;

/// <summary>
/// A source that ends after so many frames, broken ones included. One that is live and is opened again after it was lost goes on counting where the one
/// before stopped; another begins from its first frame again, and so does its count.
/// </summary>
internal sealed class LimitedSource(FrameSource source, int most, LimitedSource.Count given) : FrameSource(source.Name)
{
    /// <summary>Frames given so far, by all that were opened for one source.</summary>
    public sealed class Count
    {
        /// <summary>How many.</summary>
        public int Frames { get; set; }
    }

    /// <inheritdoc/>
    public override bool IsLive => source.IsLive;

    /// <inheritdoc/>
    public override double? FrameRate => source.FrameRate;

    /// <inheritdoc/>
    public override long? FrameCount => source.FrameCount is { } count ? Math.Min(count, most) : null;

    /// <inheritdoc/>
    public override void Open(CancellationToken cancel)
    {
        source.Open(cancel);
        if (!source.IsLive)
        {
            given.Frames = 0;
        }
    }

    /// <inheritdoc/>
    public override Frame? Read(FramePool pool, CancellationToken cancel)
    {
        if (given.Frames >= most)
        {
            return null;
        }

        given.Frames++;
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
