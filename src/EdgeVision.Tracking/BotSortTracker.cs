namespace EdgeVision.Tracking;

/// <summary>Options of a <see cref="BotSortTracker"/>; the defaults are the reference's.</summary>
public sealed record BotSortOptions
{
    /// <summary>Score above which a detection is high and matched first, 0 to 1.</summary>
    public double HighThreshold { get; init; } = 0.6;

    /// <summary>Score above which a detection keeps tracks alive although it is below the high threshold, 0 to 1.</summary>
    public double LowThreshold { get; init; } = 0.1;

    /// <summary>Minimum score at which a track begins, 0 to 1.</summary>
    public double NewThreshold { get; init; } = 0.7;

    /// <summary>Number of frames, at 30 frames per second, for which a lost track is kept.</summary>
    public int TrackBuffer { get; init; } = 30;

    /// <summary>Maximum cost at which a high-scored detection is matched with a track, 0 to 1.</summary>
    public double MatchThreshold { get; init; } = 0.8;

    /// <summary>Maximum 1 - IoU at which appearance counts, 0 to 1.</summary>
    public double ProximityThreshold { get; init; } = 0.5;

    /// <summary>Maximum half cosine distance at which appearance counts, 0 to 1.</summary>
    public double AppearanceThreshold { get; init; } = 0.25;

    /// <summary>Frames per second; scales the track buffer.</summary>
    public double FrameRate { get; init; } = 30;

    /// <summary>Gets whether the camera motion is estimated from the frames passed to the tracker.</summary>
    public bool UseCameraMotion { get; init; } = true;

    /// <summary>Gets whether a track is only matched with detections of the class it began with.</summary>
    public bool MatchWithinClass { get; init; }
}

/// <summary>BoT-SORT (Aharon et al. 2022): ByteTrack plus camera motion compensation and appearance.</summary>
/// <remarks>
/// The Kalman filter has width and height in its state, tracks move with the camera, and appearance (one embedding per detection)
/// counts beside the overlap. Follows <c>tracker/bot_sort.py</c>; the camera motion is a similarity transform as there, estimated
/// by <see cref="CameraMotionEstimator"/> instead of OpenCV.
/// </remarks>
public sealed class BotSortTracker : ITracker
{
    private readonly TwoStageTracker _tracker;
    private readonly CameraMotionEstimator? _camera;
    private Observation[] _observations = new Observation[64];

    /// <summary>Initializes a tracker.</summary>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A threshold is not between 0 and 1, the frame rate is not above 0, or the buffer is below 0.
    /// </exception>
    public BotSortTracker(BotSortOptions? options = null)
    {
        options ??= new BotSortOptions();
        TrackerHelpers.ThrowIfNotFraction(options.HighThreshold, nameof(options.HighThreshold));
        TrackerHelpers.ThrowIfNotFraction(options.LowThreshold, nameof(options.LowThreshold));
        TrackerHelpers.ThrowIfNotFraction(options.NewThreshold, nameof(options.NewThreshold));
        TrackerHelpers.ThrowIfNotFraction(options.MatchThreshold, nameof(options.MatchThreshold));
        TrackerHelpers.ThrowIfNotFraction(options.ProximityThreshold, nameof(options.ProximityThreshold));
        TrackerHelpers.ThrowIfNotFraction(options.AppearanceThreshold, nameof(options.AppearanceThreshold));
        _tracker = new TwoStageTracker(new TwoStageOptions(
            UseAspectRatio: false, options.HighThreshold, options.LowThreshold, options.NewThreshold, options.MatchThreshold,
            TrackerHelpers.GetMaxLostFrames(options.FrameRate, options.TrackBuffer), options.MatchWithinClass,
            options.ProximityThreshold, options.AppearanceThreshold));
        _camera = options.UseCameraMotion ? new CameraMotionEstimator() : null;
    }

    /// <inheritdoc/>
    public ReadOnlySpan<Track> Tracks => _tracker.Tracks;

    /// <summary>Camera motion applied by the last update.</summary>
    public AffineMotion CameraMotion { get; private set; } = AffineMotion.Identity;

    /// <inheritdoc/>
    public void Update(Detections detections, Frame? frame = null) => Update(detections, frame, default, 0);

    /// <summary>Advances by one frame, matching by appearance too.</summary>
    /// <param name="detections">Detections of this frame.</param>
    /// <param name="frame">The image; null for a camera that does not move.</param>
    /// <param name="embeddings">
    /// One embedding per detection, [Count, length], row-major; need not be normalized. Empty if there are none.
    /// </param>
    /// <param name="length">Components of an embedding.</param>
    /// <exception cref="ArgumentException">The numbers of embeddings and detections differ.</exception>
    public void Update(Detections detections, Frame? frame, ReadOnlySpan<float> embeddings, int length)
    {
        ArgumentNullException.ThrowIfNull(detections);
        Update(detections, frame is null || _camera is null ? AffineMotion.Identity : _camera.Estimate(frame, detections), embeddings, length);
    }

    /// <summary>Advances by one frame whose camera motion is given.</summary>
    /// <param name="detections">Detections of this frame.</param>
    /// <param name="motion">Motion of the image since the last frame.</param>
    /// <param name="embeddings">One embedding per detection, [Count, length]; empty if there are none.</param>
    /// <param name="length">Components of an embedding.</param>
    /// <exception cref="ArgumentException">The numbers of embeddings and detections differ.</exception>
    public void Update(Detections detections, in AffineMotion motion, ReadOnlySpan<float> embeddings, int length)
    {
        ArgumentNullException.ThrowIfNull(detections);
        if (!embeddings.IsEmpty && (length < 1 || embeddings.Length != (long)detections.Count * length))
        {
            throw new ArgumentException(
                $"{detections.Count} detections need {detections.Count} embeddings of {length} components; got {embeddings.Length} numbers",
                nameof(embeddings));
        }

        CameraMotion = motion;
        _tracker.Step(TrackerHelpers.ToObservations(detections, ref _observations), motion, embeddings, length);
        TrackerHelpers.AssignTrackIds(detections, Tracks);
    }

    /// <inheritdoc/>
    public void Reset()
    {
        _tracker.Reset();
        _camera?.Reset();
        CameraMotion = AffineMotion.Identity;
    }
}
