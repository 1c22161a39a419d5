namespace EdgeVision.Pipeline.Tests.Rules;

/// <summary>Frames of 100 by 100 pixels with boxes put on them by hand, as a tracker leaves them.</summary>
internal static class RuleScene
{
    /// <summary>A frame at a time, with an object standing (bottom centre) at each point. Track 0 is none; class 0 is "person", 1 "car".</summary>
    public static PipelineFrame At(double seconds, params (int Track, int Class, float X, float Y)[] objects) => At(seconds, true, 100, objects);

    /// <summary>The same for other sizes, and without a tracker.</summary>
    public static PipelineFrame At(double seconds, bool tracked, int side, params (int Track, int Class, float X, float Y)[] objects)
    {
        var frame = new PipelineFrame(Frame.Rent(PixelFormat.Gray8, side, side, timestamp: TimeSpan.FromSeconds(seconds)), "door", "people");
        var detections = frame.Result.Detections;
        detections.Clear();
        detections.Labels = ["person", "car"];
        if (tracked)
        {
            detections.ClearTracks();
        }

        foreach (var (track, id, x, y) in objects)
        {
            int i = detections.Add(new Box(x - 5, y - 10, x + 5, y), 0.9f, id);
            if (tracked)
            {
                detections.SetTrackId(i, track);
            }
        }

        return frame;
    }

    /// <summary>Takes a rule over the frame and gives back what it noted, as text: <c>entered 1 person</c>.</summary>
    public static string[] Over(this IPipelineRule rule, PipelineFrame frame)
    {
        using (frame)
        {
            rule.Update(frame);
            return [.. frame.Events.Select(e => FormattableString.Invariant($"{e.Kind} {e.TrackId} {e.Label} {e.Direction} {e.Value}").Replace("  ", " ", StringComparison.Ordinal).TrimEnd())];
        }
    }

    /// <summary>Takes a rule over the frame and gives back one of its counts.</summary>
    public static double Count(this IPipelineRule rule, PipelineFrame frame, string name)
    {
        using (frame)
        {
            rule.Update(frame);
            return frame.Counts.Single(c => c.Rule == rule.Name && c.Name == name).Value;
        }
    }
}
