namespace EdgeVision;

/// <summary>How a <see cref="BotSortTracker"/> follows; the defaults are the reference's.</summary>
public sealed record BotSortOptions
{
    /// <summary>Scores above are high and matched first. 0..1.</summary>
    public double HighThreshold { get; init; } = 0.6;

    /// <summary>Scores above, and below the high threshold, keep tracks alive. 0..1.</summary>
    public double LowThreshold { get; init; } = 0.1;

    /// <summary>A track begins at this score or above. 0..1.</summary>
    public double NewThreshold { get; init; } = 0.7;

    /// <summary>Frames, at 30 a second, for which a lost track is kept.</summary>
    public int TrackBuffer { get; init; } = 30;

    /// <summary>Cost up to which a high detection goes to a track. 0..1.</summary>
    public double MatchThreshold { get; init; } = 0.8;

    /// <summary>1 - IoU above which looks do not count. 0..1.</summary>
    public double ProximityThreshold { get; init; } = 0.5;

    /// <summary>Half the cosine distance above which looks do not count. 0..1.</summary>
    public double AppearanceThreshold { get; init; } = 0.25;

    /// <summary>Frames a second, which scales the buffer.</summary>
    public double FrameRate { get; init; } = 30;

    /// <summary>Whether the camera's motion is taken from the frames that are given.</summary>
    public bool CameraMotion { get; init; } = true;

    /// <summary>Whether a track keeps to the class it began with.</summary>
    public bool ByClass { get; init; }
}

/// <summary>
/// BoT-SORT (Aharon et al. 2022): ByteTrack with a filter of width and height, tracks that move with the camera, and looks (one
/// embedding a detection) beside the overlap. Follows <c>tracker/bot_sort.py</c>; the camera's motion is a similarity as there, found
/// by <see cref="CameraMotionEstimator"/> instead of OpenCV.
/// </summary>
public sealed class BotSortTracker : ITracker
{
    private readonly TwoStageTracker _tracker;
    private readonly CameraMotionEstimator? _camera;
    private Observation[] _observations = new Observation[64];

    /// <summary>Prepares a tracker.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A threshold is no share, or the buffer or the frame rate is below 0.</exception>
    public BotSortTracker(BotSortOptions? options = null)
    {
        options ??= new BotSortOptions();
        TrackerChecks.Share(options.HighThreshold, nameof(options.HighThreshold));
        TrackerChecks.Share(options.LowThreshold, nameof(options.LowThreshold));
        TrackerChecks.Share(options.NewThreshold, nameof(options.NewThreshold));
        TrackerChecks.Share(options.MatchThreshold, nameof(options.MatchThreshold));
        TrackerChecks.Share(options.ProximityThreshold, nameof(options.ProximityThreshold));
        TrackerChecks.Share(options.AppearanceThreshold, nameof(options.AppearanceThreshold));
        _tracker = new TwoStageTracker(new TwoStageOptions(AspectState: false, options.HighThreshold, options.LowThreshold, options.NewThreshold, options.MatchThreshold,
            TrackerChecks.Buffer(options.FrameRate, options.TrackBuffer), options.ByClass, options.ProximityThreshold, options.AppearanceThreshold));
        _camera = options.CameraMotion ? new CameraMotionEstimator() : null;
    }

    /// <inheritdoc/>
    public ReadOnlySpan<Track> Tracks => _tracker.Tracks;

    /// <summary>The camera's motion that the last update went by.</summary>
    public AffineMotion Motion { get; private set; } = AffineMotion.None;

    /// <inheritdoc/>
    public void Update(Detections detections, Frame? frame = null) => Update(detections, frame, default, 0);

    /// <summary>Goes on by one frame, by looks too.</summary>
    /// <param name="detections">What was found on this frame.</param>
    /// <param name="frame">The picture; none for a camera at rest.</param>
    /// <param name="embeddings">One embedding a detection, [Count, length], row-major; need not be normalised. Empty for none.</param>
    /// <param name="length">Numbers an embedding.</param>
    /// <exception cref="ArgumentException">There are not as many embeddings as detections.</exception>
    public void Update(Detections detections, Frame? frame, ReadOnlySpan<float> embeddings, int length)
    {
        ArgumentNullException.ThrowIfNull(detections);
        Update(detections, frame is null || _camera is null ? AffineMotion.None : _camera.Estimate(frame, detections), embeddings, length);
    }

    /// <summary>Goes on by one frame whose camera motion is known.</summary>
    /// <param name="detections">What was found on this frame.</param>
    /// <param name="motion">How the picture moved since the last frame.</param>
    /// <param name="embeddings">One embedding a detection, [Count, length]; empty for none.</param>
    /// <param name="length">Numbers an embedding.</param>
    /// <exception cref="ArgumentException">There are not as many embeddings as detections.</exception>
    public void Update(Detections detections, in AffineMotion motion, ReadOnlySpan<float> embeddings, int length)
    {
        ArgumentNullException.ThrowIfNull(detections);
        if (!embeddings.IsEmpty && (length < 1 || embeddings.Length != (long)detections.Count * length))
        {
            throw new ArgumentException($"{detections.Count} detections need as many embeddings of {length} numbers; there are {embeddings.Length} numbers", nameof(embeddings));
        }

        Motion = motion;
        _tracker.Step(TrackerChecks.Observe(detections, ref _observations), motion, embeddings, length);
        TrackerChecks.Mark(detections, Tracks);
    }

    /// <inheritdoc/>
    public void Reset()
    {
        _tracker.Reset();
        _camera?.Reset();
        Motion = AffineMotion.None;
    }
}
