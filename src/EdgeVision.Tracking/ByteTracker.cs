namespace EdgeVision.Tracking;

/// <summary>Options of a <see cref="ByteTracker"/>; the defaults are the reference's.</summary>
public sealed record ByteTrackOptions
{
    /// <summary>Score above which a detection is high and matched first, 0 to 1. A track begins at 0.1 above it.</summary>
    public double TrackThreshold { get; init; } = 0.5;

    /// <summary>Number of frames, at 30 frames per second, for which a lost track is kept.</summary>
    public int TrackBuffer { get; init; } = 30;

    /// <summary>Maximum cost 1 - IoU * score at which a high-scored detection is matched with a track, 0 to 1.</summary>
    public double MatchThreshold { get; init; } = 0.8;

    /// <summary>Frames per second; scales the track buffer.</summary>
    public double FrameRate { get; init; } = 30;

    /// <summary>
    /// Gets whether a track is only matched with detections of the class it began with. Off as in the reference, which follows one class.
    /// </summary>
    public bool MatchWithinClass { get; init; }
}

/// <summary>ByteTrack (Zhang et al. 2022), which associates every detection, low-scored ones included.</summary>
/// <remarks>
/// The Kalman filters and the order of the lists, and therefore the ids, are those of the reference,
/// <c>yolox/tracker/byte_tracker.py</c>.
/// </remarks>
public sealed class ByteTracker : ITracker
{
    private readonly TwoStageTracker _tracker;
    private Observation[] _observations = new Observation[64];

    /// <summary>Initializes a tracker.</summary>
    /// <exception cref="ArgumentOutOfRangeException">
    /// A threshold is not between 0 and 1, the frame rate is not above 0, or the buffer is below 0.
    /// </exception>
    public ByteTracker(ByteTrackOptions? options = null)
    {
        options ??= new ByteTrackOptions();
        TrackerHelpers.ThrowIfNotFraction(options.TrackThreshold, nameof(options.TrackThreshold));
        TrackerHelpers.ThrowIfNotFraction(options.MatchThreshold, nameof(options.MatchThreshold));
        _tracker = new TwoStageTracker(new TwoStageOptions(
            UseAspectRatio: true, options.TrackThreshold, 0.1, options.TrackThreshold + 0.1, options.MatchThreshold,
            TrackerHelpers.GetMaxLostFrames(options.FrameRate, options.TrackBuffer), options.MatchWithinClass));
    }

    /// <inheritdoc/>
    public ReadOnlySpan<Track> Tracks => _tracker.Tracks;

    /// <inheritdoc/>
    public void Update(Detections detections, Frame? frame = null)
    {
        ArgumentNullException.ThrowIfNull(detections);
        Update(TrackerHelpers.ToObservations(detections, ref _observations));
        TrackerHelpers.AssignTrackIds(detections, Tracks);
    }

    /// <inheritdoc/>
    public void Reset() => _tracker.Reset();

    internal void Update(ReadOnlySpan<Observation> observations) => _tracker.Step(observations, AffineMotion.Identity, default, 0);

    internal (double Left, double Top, double Width, double Height) GetExactBox(int index) => _tracker.GetExactBox(index);
}

/// <summary>Argument checks and copies that the trackers share.</summary>
internal static class TrackerHelpers
{
    public static void ThrowIfNotFraction(double value, string name)
    {
        if (!(value is >= 0 and <= 1))
        {
            throw new ArgumentOutOfRangeException(name, $"{name} must be between 0 and 1; got {value}");
        }
    }

    /// <summary>Number of frames for which a lost track is kept: int(fps / 30 * buffer).</summary>
    public static int GetMaxLostFrames(double frameRate, int buffer) => frameRate is > 0 and < 1e6 && buffer >= 0
        ? (int)(frameRate / 30.0 * buffer)
        : throw new ArgumentOutOfRangeException(
            nameof(frameRate), $"the frame rate must be above 0 and the track buffer at least 0; got {frameRate} and {buffer}");

    public static ReadOnlySpan<Observation> ToObservations(Detections detections, ref Observation[] buffer)
    {
        if (buffer.Length < detections.Count)
        {
            buffer = new Observation[Math.Max(detections.Count, buffer.Length * 2)];
        }

        for (int i = 0; i < detections.Count; i++)
        {
            buffer[i] = Observation.FromDetection(detections, i);
        }

        return buffer.AsSpan(0, detections.Count);
    }

    public static void AssignTrackIds(Detections detections, ReadOnlySpan<Track> tracks)
    {
        detections.ClearTracks();
        foreach (var track in tracks)
        {
            detections.SetTrackId(track.Detection, track.Id);
        }
    }
}
