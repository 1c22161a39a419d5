namespace EdgeVision.Configuration;

/// <summary>A source that ends after so many frames, broken ones included.</summary>
internal sealed class LimitedSource(FrameSource source, int most) : FrameSource(source.Name)
{
    private int _given;

    /// <inheritdoc/>
    public override bool IsLive => source.IsLive;

    /// <inheritdoc/>
    public override double? FrameRate => source.FrameRate;

    /// <inheritdoc/>
    public override long? FrameCount => source.FrameCount is { } count ? Math.Min(count, most) : null;

    /// <inheritdoc/>
    public override void Open(CancellationToken cancel) => source.Open(cancel);

    /// <inheritdoc/>
    public override Frame? Read(FramePool pool, CancellationToken cancel)
    {
        if (_given >= most)
        {
            return null;
        }

        _given++;
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
