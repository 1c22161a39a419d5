namespace EdgeVision.Tracking;

/// <summary>State of one object in a two-stage tracker. Instances are pooled.</summary>
internal sealed class TrackedObject
{
    public KalmanFilter2D Center, Shape;
    public int Id, ClassId, Detection, StartFrame, LastFrame;
    public double Score;
    public TrackState State;

    /// <summary>True once the object was matched twice, or if it began on the first frame.</summary>
    public bool IsConfirmed;

    /// <summary>True once the track was removed; the reference never takes a track off its list of removed ones.</summary>
    public bool WasRemoved;

    /// <summary>True while the track is on a list; others return to the pool.</summary>
    public bool IsListed;

    /// <summary>Smoothed appearance embedding, L2-normalized, [length]; length 0 if there is none yet.</summary>
    public float[] Appearance = [];
    public int AppearanceLength;
}

/// <summary>State of a track.</summary>
internal enum TrackState
{
    Tracked,
    Lost,
    Removed,
}

/// <summary>One detection as input of a tracker: corners in pixels of the frame, double precision.</summary>
internal readonly record struct Observation(double X1, double Y1, double X2, double Y2, double Score, int ClassId, int Index)
{
    /// <summary>
    /// Gets whether the observation can be tracked: finite, not inverted and with a height above 0, as the filters measure in heights.
    /// </summary>
    public bool IsValid => double.IsFinite(X1 + Y1 + X2 + Y2) && double.IsFinite(Score) && X2 >= X1 && Y2 > Y1;

    public static Observation FromDetection(Detections detections, int index)
    {
        var b = detections.Boxes[index];
        return new Observation(b.X1, b.Y1, b.X2, b.Y2, detections.Scores[index], detections.ClassIds[index], index);
    }
}
