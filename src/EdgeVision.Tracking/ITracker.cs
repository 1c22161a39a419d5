namespace EdgeVision.Tracking;

/// <summary>Follows objects from frame to frame and assigns each detection the id of its track.</summary>
/// <remarks>
/// One instance follows one camera. Frames must be passed in order, including those without detections.
/// </remarks>
public interface ITracker
{
    /// <summary>Confirmed tracks of the last frame, in the reference's order; valid until the next update.</summary>
    ReadOnlySpan<Track> Tracks { get; }

    /// <summary>Advances by one frame and sets <see cref="Detections.TrackIds"/>.</summary>
    /// <remarks>Detections whose box or score is not finite get no track.</remarks>
    /// <param name="detections">
    /// Detections of this frame, low scores included: they keep tracks alive (set the confidence threshold near 0.1).
    /// </param>
    /// <param name="frame">The image, for trackers that estimate the camera motion; others do not use it.</param>
    void Update(Detections detections, Frame? frame = null);

    /// <summary>Removes all tracks and restarts ids at 1.</summary>
    void Reset();
}
