namespace EdgeVision.Tracking.Tests;

/// <summary>What the trackers' tests show them alike.</summary>
internal static class TrackerScenes
{
    /// <summary>One frame of thirty objects in a row that come and go, so that tracks begin, are lost, found and given up all the time.</summary>
    public static void ComeAndGo(Detections detections, int frame)
    {
        detections.Clear();
        for (int i = 0; i < 30; i++)
        {
            if ((frame + i * 7) % 20 < 12)
            {
                detections.Add(new Box(i * 60 + frame % 20, 10, i * 60 + 40 + frame % 20, 90), (frame + i) % 4 == 0 ? 0.3f : 0.8f, 0);
            }
        }
    }

    /// <summary>Ids of squares of 40 pixels.</summary>
    public static int[] Step(ITracker tracker, params (float X, float Y, float Score)[] found)
    {
        var detections = new Detections();
        foreach (var (x, y, score) in found)
        {
            detections.Add(new Box(x, y, x + 40, y + 40), score, 0);
        }

        tracker.Update(detections);
        return detections.TrackIds.ToArray();
    }
}
