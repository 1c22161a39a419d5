namespace EdgeVision.Configuration;

/// <summary>Makes trackers.</summary>
public static class TrackerFactory
{
    // Frames at 30 a second for which a lost track is kept, as the references have it.
    private const int Buffer = 30;

    /// <summary>A tracker for one source.</summary>
    /// <exception cref="EdgeVisionException">The embedding model cannot be loaded, or gives no embedding.</exception>
    public static ITracker Create(TrackingConfig tracking)
    {
        ArgumentNullException.ThrowIfNull(tracking);
        return tracking.Tracker switch
        {
            TrackerKind.OcSort => new OcSortTracker(new OcSortOptions { ByClass = tracking.ByClass, MaxAge = Math.Max(1, (int)(tracking.FrameRate / 30 * Buffer)) }),
            TrackerKind.BotSort => BotSort(tracking),
            _ => new ByteTracker(new ByteTrackOptions { ByClass = tracking.ByClass, FrameRate = tracking.FrameRate }),
        };
    }

    private static ITracker BotSort(TrackingConfig tracking)
    {
        var tracker = new BotSortTracker(new BotSortOptions { ByClass = tracking.ByClass, FrameRate = tracking.FrameRate });
        if (tracking.Appearance is not { } path)
        {
            return tracker;
        }

        var model = VisionModel.Load(path);
        if (model.GivesEmbedding)
        {
            return new AppearanceTracker(tracker, model);
        }

        model.Dispose();
        throw new PipelineConfigException($"the model '{path}' gives no embedding, so it cannot tell objects apart; use an embedding model");
    }
}
