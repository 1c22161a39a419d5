namespace EdgeVision;

/// <summary>
/// Follows objects from frame to frame: gives each detection the id of the object that it shows. One instance follows one
/// camera; frames come in their order, also those on which nothing was found.
/// </summary>
public interface ITracker
{
    /// <summary>The confirmed tracks of the last frame, in the reference's order; valid until the next update.</summary>
    ReadOnlySpan<Track> Tracks { get; }

    /// <summary>Goes on by one frame and sets <see cref="Detections.TrackIds"/>. Detections whose box or score is no number stay without a track.</summary>
    /// <param name="detections">What was found on this frame, low scores included: they keep tracks alive (set the confidence near 0.1).</param>
    /// <param name="frame">The picture, for trackers that look at the camera's motion; others do not need it.</param>
    void Update(Detections detections, Frame? frame = null);

    /// <summary>Forgets every track and counts ids from 1 again.</summary>
    void Reset();
}

/// <summary>An object on its way.</summary>
/// <param name="Id">From 1, in the order in which tracks began; never given twice.</param>
/// <param name="Box">Where the tracker sees the object, in pixels of the frame: the filtered box, not the detection's.</param>
/// <param name="Score">Score of the last detection.</param>
/// <param name="ClassId">Class of the last detection.</param>
/// <param name="Detection">Index of this frame's detection.</param>
/// <param name="Frames">Frames since the track began, this one included.</param>
public readonly record struct Track(int Id, Box Box, float Score, int ClassId, int Detection, int Frames);
