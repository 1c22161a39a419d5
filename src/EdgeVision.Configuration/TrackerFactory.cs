using EdgeVision.Tracking;

namespace EdgeVision.Configuration;

/// <summary>Creates trackers.</summary>
public static class TrackerFactory
{
    // Frames at 30 per second for which a lost track is kept, as in the reference implementations.
    private const int Buffer = 30;

    /// <summary>Creates a tracker for one source.</summary>
    /// <exception cref="EdgeVisionException">The embedding model cannot be loaded, or outputs no embedding.</exception>
    public static ITracker Create(TrackingConfig tracking)
    {
        ArgumentNullException.ThrowIfNull(tracking);
        return tracking.Tracker switch
        {
            TrackerKind.OcSort => new OcSortTracker(new OcSortOptions
            {
                MatchWithinClass = tracking.ByClass,
                MaxAge = Math.Max(1, (int)(tracking.FrameRate / 30 * Buffer)),
            }),
            TrackerKind.BotSort => BotSort(tracking),
            _ => new ByteTracker(new ByteTrackOptions { MatchWithinClass = tracking.ByClass, FrameRate = tracking.FrameRate }),
        };
    }

    private static ITracker BotSort(TrackingConfig tracking)
    {
        var tracker = new BotSortTracker(new BotSortOptions { MatchWithinClass = tracking.ByClass, FrameRate = tracking.FrameRate });
        if (tracking.AppearanceModel is not { } path)
        {
            return tracker;
        }

        var model = VisionModel.Load(path);
        if (model.ProducesEmbedding)
        {
            return new AppearanceTracker(tracker, model);
        }

        model.Dispose();
        throw new PipelineConfigException(
            $"the model '{path}' must output an embedding to compare objects; use an embedding model");
    }
}
