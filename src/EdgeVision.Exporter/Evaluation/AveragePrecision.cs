using EdgeVision.Exporter.Data;
using EdgeVision.Exporter.Training;

namespace EdgeVision.Exporter.Evaluation;

/// <summary>Average precision at one IoU as COCO computes it, over all areas with at most 100 detections per image.</summary>
/// <remarks>
/// Detections are matched in the order of descending score; each takes the best free object of its class. Precision is made
/// monotone and sampled at 101 recall values.
/// </remarks>
public sealed class AveragePrecision(int classes, float iou = 0.5f)
{
    private const int MaxDetections = 100;
    private readonly List<(float Score, bool Hit)>[] _found = [.. Enumerable.Range(0, classes).Select(_ => new List<(float, bool)>())];
    private readonly int[] _objects = new int[classes];

    /// <summary>Adds an image's detections (sorted by descending score) and its objects.</summary>
    public void Add(Detections detections, IReadOnlyList<LabelledBox> objects)
    {
        ArgumentNullException.ThrowIfNull(detections);
        ArgumentNullException.ThrowIfNull(objects);
        foreach (var item in objects)
        {
            _objects[item.ClassId]++;
        }

        var taken = new bool[objects.Count];
        for (int d = 0; d < Math.Min(detections.Count, MaxDetections); d++)
        {
            int best = -1;
            float bestIou = Math.Min(iou, 1 - 1e-10f);
            for (int o = 0; o < objects.Count; o++)
            {
                float overlap = AnchorMatcher.Iou(detections.Boxes[d], objects[o].Box);
                if (!taken[o] && objects[o].ClassId == detections.ClassIds[d] && overlap >= bestIou)
                {
                    best = o;
                    bestIou = overlap;
                }
            }

            if (best >= 0)
            {
                taken[best] = true;
            }

            _found[detections.ClassIds[d]].Add((detections.Scores[d], best >= 0));
        }
    }

    /// <summary>Returns the AP of each class; -1 for classes without objects.</summary>
    public double[] PerClass() => [.. Enumerable.Range(0, _found.Length).Select(Compute)];

    /// <summary>Returns the mean over the classes that have objects; -1 if there is none.</summary>
    public double Mean()
    {
        var present = PerClass().Where(v => v >= 0).ToArray();
        return present.Length == 0 ? -1 : present.Average();
    }

    private double Compute(int classId)
    {
        if (_objects[classId] == 0)
        {
            return -1;
        }

        var sorted = _found[classId].OrderByDescending(f => f.Score).ToArray(); // stable sort, as in COCO
        var precision = new double[sorted.Length];
        var recall = new double[sorted.Length];
        int hits = 0;
        for (int i = 0; i < sorted.Length; i++)
        {
            hits += sorted[i].Hit ? 1 : 0;
            precision[i] = hits / (i + 1.0);
            recall[i] = hits / (double)_objects[classId];
        }

        for (int i = precision.Length - 2; i >= 0; i--)
        {
            precision[i] = Math.Max(precision[i], precision[i + 1]);
        }

        double sum = 0;
        for (int r = 0, i = 0; r <= 100; r++)
        {
            while (i < recall.Length && recall[i] < r / 100.0)
            {
                i++;
            }

            sum += i < precision.Length ? precision[i] : 0;
        }

        return sum / 101;
    }
}
