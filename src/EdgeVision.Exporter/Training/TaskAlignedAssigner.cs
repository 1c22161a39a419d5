using EdgeVision.Exporter.Heads;
using EdgeVision.Exporter.Losses;

namespace EdgeVision.Exporter.Training;

/// <summary>Task-aligned assignment of locations to objects (Feng et al. 2021), as in Ultralytics.</summary>
/// <remarks>
/// An object takes the <see cref="TopK"/> locations inside its box with the best predictions by score^0.5 * CIoU^6; a location
/// that several objects take belongs to the one it overlaps most. Plain arithmetic over arrays: the tensors are small, and a
/// single torch operation costs more than the whole assignment.
/// </remarks>
public static class TaskAlignedAssigner
{
    /// <summary>Maximum number of locations per object.</summary>
    public const int TopK = 10;

    private const float Epsilon = 1e-9f;

    /// <summary>Assigns the locations of one image.</summary>
    /// <param name="points">Center of each of the A locations in pixels of the input.</param>
    /// <param name="scores">Predicted scores 0..1, [C,A].</param>
    /// <param name="predicted">Predicted boxes, [A].</param>
    /// <param name="target">Objects of the image.</param>
    /// <param name="objects">Receives the index of the object of each location, or -1.</param>
    /// <param name="targetScores">
    /// Receives the target score of each location: its alignment divided by the best of its object, times that object's best
    /// IoU; 0 for background.
    /// </param>
    public static void Assign(ReadOnlySpan<(float X, float Y)> points, ReadOnlySpan<float> scores, ReadOnlySpan<Box> predicted,
        DetectionTarget target, Span<int> objects, Span<float> targetScores)
    {
        ArgumentNullException.ThrowIfNull(target);
        int places = points.Length, count = target.Boxes.Length;
        objects.Fill(-1);
        targetScores.Clear();
        Span<float> overlap = new float[places], bestOverlap = new float[count], bestAlignment = new float[count];
        var candidates = new List<(float Alignment, float Iou, int Place)>();
        var alignment = new float[places];
        for (int o = 0; o < count; o++)
        {
            var box = target.Boxes[o];
            candidates.Clear();
            for (int p = 0; p < places; p++)
            {
                var (x, y) = points[p];
                if (Math.Min(Math.Min(x - box.X1, y - box.Y1), Math.Min(box.X2 - x, box.Y2 - y)) > Epsilon)
                {
                    float iou = Math.Max(0, CompleteIou.Compute(box, predicted[p])), cube = iou * iou * iou;
                    candidates.Add((MathF.Sqrt(scores[target.ClassIds[o] * places + p]) * cube * cube, iou, p));
                }
            }

            // Descending alignment, equal ones by location, so that the same step gives the same result.
            candidates.Sort((a, b) => a.Alignment != b.Alignment ? b.Alignment.CompareTo(a.Alignment) : a.Place.CompareTo(b.Place));
            foreach (var (value, iou, p) in candidates.Take(TopK))
            {
                if (objects[p] < 0 || iou > overlap[p])
                {
                    (objects[p], overlap[p], alignment[p]) = (o, iou, value);
                }
            }
        }

        for (int p = 0; p < places; p++)
        {
            if (objects[p] is >= 0 and var o)
            {
                bestOverlap[o] = Math.Max(bestOverlap[o], overlap[p]);
                bestAlignment[o] = Math.Max(bestAlignment[o], alignment[p]);
            }
        }

        for (int p = 0; p < places; p++)
        {
            if (objects[p] is >= 0 and var o)
            {
                targetScores[p] = alignment[p] * bestOverlap[o] / (bestAlignment[o] + Epsilon);
            }
        }
    }
}
