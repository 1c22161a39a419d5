using EdgeVision;

namespace DetectionApi;

/// <summary>The answer: the image's size in pixels, and what was found, best first.</summary>
internal sealed record DetectionResponse(int Width, int Height, IReadOnlyList<FoundObject> Detections)
{
    public static DetectionResponse From(VisionResult result)
    {
        var found = new List<FoundObject>(result.Detections.Count);
        foreach (var d in result.Detections)
        {
            found.Add(new FoundObject(d.Label, d.ClassId, d.Score, [d.Box.X1, d.Box.Y1, d.Box.X2, d.Box.Y2]));
        }

        return new DetectionResponse(result.FrameWidth, result.FrameHeight, found);
    }
}

/// <summary>An object: score from 0 to 1, box [x1, y1, x2, y2] in pixels of the image.</summary>
internal sealed record FoundObject(string Label, int ClassId, float Score, float[] Box);
