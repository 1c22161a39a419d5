using EdgeVision.Exporter.Data;
using EdgeVision.Exporter.Training;

namespace EdgeVision.Exporter.Evaluation;

/// <summary>Class logits and box deltas of one picture to detections, for numbers while training: sigmoid, threshold, BoxCoder, class-wise NMS.</summary>
internal static class AnchorDecoder
{
    public static Detections Decode(ReadOnlySpan<float> logits, ReadOnlySpan<float> deltas, Box[] anchors, int classes,
        in FrameTransform transform, float confidence, float iou, int most)
    {
        var candidates = new List<(float Score, int ClassId, Box Box)>();
        for (int i = 0; i < anchors.Length * classes; i++)
        {
            float score = 1 / (1 + MathF.Exp(-logits[i]));
            if (score > confidence)
            {
                var b = BoxCoder.Decode(anchors[i / classes], deltas.Slice(i / classes * 4, 4));
                candidates.Add((score, i % classes, new Box(
                    Math.Clamp(transform.ToFrameX(b.X1), 0, transform.FrameWidth), Math.Clamp(transform.ToFrameY(b.Y1), 0, transform.FrameHeight),
                    Math.Clamp(transform.ToFrameX(b.X2), 0, transform.FrameWidth), Math.Clamp(transform.ToFrameY(b.Y2), 0, transform.FrameHeight))));
            }
        }

        var result = new Detections { Labels = DrawnScenes.Labels };
        foreach (var c in candidates.OrderByDescending(c => c.Score).Take(1000))
        {
            bool free = true;
            for (int k = 0; k < result.Count && free; k++)
            {
                free = result.ClassIds[k] != c.ClassId || AnchorMatcher.Iou(result.Boxes[k], c.Box) <= iou;
            }

            if (free && result.Count < most)
            {
                result.Add(c.Box, c.Score, c.ClassId);
            }
        }

        return result;
    }
}
