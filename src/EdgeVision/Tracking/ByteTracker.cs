namespace EdgeVision;

/// <summary>How a <see cref="ByteTracker"/> follows; the defaults are the reference's.</summary>
public sealed record ByteTrackOptions
{
    /// <summary>Scores above are high and matched first; a track begins 0.1 above it. 0..1.</summary>
    public double TrackThreshold { get; init; } = 0.5;

    /// <summary>Frames, at 30 a second, for which a lost track is kept.</summary>
    public int TrackBuffer { get; init; } = 30;

    /// <summary>Cost 1 - IoU * score up to which a high detection goes to a track. 0..1.</summary>
    public double MatchThreshold { get; init; } = 0.8;

    /// <summary>Frames a second, which scales the buffer.</summary>
    public double FrameRate { get; init; } = 30;

    /// <summary>Whether a track keeps to the class it began with; off as in the reference, which follows one class.</summary>
    public bool ByClass { get; init; }
}

/// <summary>
/// ByteTrack (Zhang et al. 2022): every detection counts, the low-scored too. The filters, the order of the lists and with them
/// the ids are the reference's, <c>yolox/tracker/byte_tracker.py</c>.
/// </summary>
public sealed class ByteTracker : ITracker
{
    private readonly TwoStageTracker _tracker;
    private Observation[] _observations = new Observation[64];

    /// <summary>Prepares a tracker.</summary>
    /// <exception cref="ArgumentOutOfRangeException">A threshold is no share, or the buffer or the frame rate is below 0.</exception>
    public ByteTracker(ByteTrackOptions? options = null)
    {
        options ??= new ByteTrackOptions();
        TrackerChecks.Share(options.TrackThreshold, nameof(options.TrackThreshold));
        TrackerChecks.Share(options.MatchThreshold, nameof(options.MatchThreshold));
        _tracker = new TwoStageTracker(new TwoStageOptions(AspectState: true, options.TrackThreshold, 0.1, options.TrackThreshold + 0.1, options.MatchThreshold,
            TrackerChecks.Buffer(options.FrameRate, options.TrackBuffer), options.ByClass));
    }

    /// <inheritdoc/>
    public ReadOnlySpan<Track> Tracks => _tracker.Tracks;

    /// <inheritdoc/>
    public void Update(Detections detections, Frame? frame = null)
    {
        ArgumentNullException.ThrowIfNull(detections);
        Update(TrackerChecks.Observe(detections, ref _observations));
        TrackerChecks.Mark(detections, Tracks);
    }

    /// <inheritdoc/>
    public void Reset() => _tracker.Reset();

    internal void Update(ReadOnlySpan<Observation> observations) => _tracker.Step(observations, AffineMotion.None, default, 0);

    internal (double Left, double Top, double Width, double Height) Exact(int index) => _tracker.Exact(index);
}

/// <summary>What trackers check and copy alike.</summary>
internal static class TrackerChecks
{
    public static void Share(double value, string name)
    {
        if (!(value is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(name, $"{name} lies in 0..1; {value} does not");
        }
    }

    /// <summary>Frames for which a lost track is kept: int(fps / 30 * buffer).</summary>
    public static int Buffer(double frameRate, int buffer) => frameRate is > 0 and < 1e6 && buffer >= 0
        ? (int)(frameRate / 30.0 * buffer)
        : throw new ArgumentOutOfRangeException(nameof(frameRate), "the frame rate lies above 0, and the buffer at 0 or above");

    public static ReadOnlySpan<Observation> Observe(Detections detections, ref Observation[] buffer)
    {
        if (buffer.Length < detections.Count)
        {
            buffer = new Observation[Math.Max(detections.Count, buffer.Length * 2)];
        }

        for (int i = 0; i < detections.Count; i++)
        {
            buffer[i] = Observation.Of(detections, i);
        }

        return buffer.AsSpan(0, detections.Count);
    }

    public static void Mark(Detections detections, ReadOnlySpan<Track> tracks)
    {
        detections.ClearTracks();
        foreach (var track in tracks)
        {
            detections.SetTrackId(track.Detection, track.Id);
        }
    }
}
