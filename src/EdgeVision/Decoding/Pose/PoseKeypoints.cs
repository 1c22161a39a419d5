using System.Numerics;
using System.Numerics.Tensors;

namespace EdgeVision.Decoding.Pose;

/// <summary>Shared parts of pose decoders: the single detection of a top-down network and keypoints in frame coordinates.</summary>
internal static class PoseKeypoints
{
    public static Span<Keypoint> AddPose(VisionResult result, int keypoints, in FrameTransform t)
    {
        result.Detections.Clear(keypoints);
        return result.Detections.GetMutableKeypoints(result.Detections.Add(t.View, 0, 0)); // the box is the frame, or the crop
    }

    public static Keypoint ToFrame(float x, float y, float score, in FrameTransform t) => new(t.ToFrameX(x), t.ToFrameY(y), score);

    /// <summary>Returns the box around the keypoints with a score above <paramref name="threshold"/>, clipped to the frame.</summary>
    /// <remarks>If no keypoint has such a score, the box around all keypoints is returned.</remarks>
    public static Box GetBoundingBox(ReadOnlySpan<Keypoint> points, float threshold, in FrameTransform t)
    {
        float x1 = float.PositiveInfinity, y1 = x1, x2 = float.NegativeInfinity, y2 = x2;
        foreach (ref readonly var point in points)
        {
            if (point.Score > threshold)
            {
                (x1, y1, x2, y2) = (MathF.Min(x1, point.X), MathF.Min(y1, point.Y), MathF.Max(x2, point.X), MathF.Max(y2, point.Y));
            }
        }

        return x2 >= x1
            ? new Box(
                Math.Clamp(x1, 0, t.FrameWidth), Math.Clamp(y1, 0, t.FrameHeight),
                Math.Clamp(x2, 0, t.FrameWidth), Math.Clamp(y2, 0, t.FrameHeight))
            : GetBoundingBox(points, float.NegativeInfinity, t);
    }

    public static void SetMeanScore(VisionResult result)
    {
        var points = result.Detections.GetKeypoints(0);
        double sum = 0; // finite floats may have an infinite sum
        foreach (ref readonly var point in points)
        {
            sum += point.Score;
        }

        result.Detections.SetScore(0, (float)(sum / points.Length));
    }
}
