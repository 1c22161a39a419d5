namespace EdgeVision;

/// <summary>What a tracker that associates in two stages knows of one object. Instances are used again.</summary>
internal sealed class TrackedObject
{
    public PlanarFilter Center, Shape;
    public int Id, ClassId, Detection, StartFrame, LastFrame;
    public double Score;
    public TrackState State;

    /// <summary>Seen twice, or begun on the first frame.</summary>
    public bool Confirmed;

    /// <summary>Once on the list of the removed, from which the reference never takes a track off.</summary>
    public bool WasRemoved;

    /// <summary>Whether it is still on a list; what is not goes back to the pool.</summary>
    public bool Listed;

    /// <summary>Smoothed appearance, L2-normalised, [length]; length 0 before there is any.</summary>
    public float[] Appearance = [];
    public int AppearanceLength;
}

/// <summary>Where a track stands.</summary>
internal enum TrackState
{
    Tracked,
    Lost,
    Removed,
}

/// <summary>One detection as a tracker sees it: corners in pixels of the frame, double precision.</summary>
internal readonly record struct Observation(double X1, double Y1, double X2, double Y2, double Score, int ClassId, int Index)
{
    /// <summary>A tracker cannot follow what is no number, is turned inside out or has no height, in which the filters measure.</summary>
    public bool IsSound => double.IsFinite(X1 + Y1 + X2 + Y2) && double.IsFinite(Score) && X2 >= X1 && Y2 > Y1;

    public static Observation Of(Detections detections, int index)
    {
        var b = detections.Boxes[index];
        return new Observation(b.X1, b.Y1, b.X2, b.Y2, detections.Scores[index], detections.ClassIds[index], index);
    }
}
