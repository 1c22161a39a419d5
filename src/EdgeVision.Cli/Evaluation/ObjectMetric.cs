using System.Text.Json;
using EdgeVision.Evaluation.Coco;
using EdgeVision.Imaging;

namespace EdgeVision.Cli.Evaluation;

/// <summary>What of objects is compared.</summary>
internal enum ObjectPart
{
    Boxes,
    Masks,
    Keypoints,

    /// <summary>Oriented boxes, by the pixels that they cover.</summary>
    OrientedBoxes,
}

/// <summary>COCO's average precision and recall of boxes, masks, keypoints or oriented boxes.</summary>
internal sealed class ObjectMetric : EvaluationMetric
{
    private const double MatchIou = 0.5;
    private readonly ObjectPart _part;
    private readonly double _threshold;
    private readonly CocoEvaluator _evaluator;
    private readonly int _keypoints;

    /// <summary>A measure without pictures yet.</summary>
    /// <param name="part">What is compared.</param>
    /// <param name="match">Classes.</param>
    /// <param name="threshold">Score from which on a finding counts where single pictures are judged.</param>
    /// <param name="maxDetections">Most detections of a class and picture.</param>
    /// <param name="keypoints">Keypoints an object.</param>
    public ObjectMetric(ObjectPart part, ClassMatch match, double threshold, int maxDetections, int keypoints)
    {
        _part = part;
        _threshold = threshold;
        _keypoints = keypoints;
        Match = match;
        var kind = part switch { ObjectPart.Boxes => CocoIouType.Boxes, ObjectPart.Keypoints => CocoIouType.Keypoints, _ => CocoIouType.Masks };
        _evaluator = new CocoEvaluator(kind, match.Names.Count, new CocoOptions
        {
            MaxDetections = kind == CocoIouType.Keypoints
                ? [Math.Min(20, maxDetections)]
                : [.. new[] { 1, 10, maxDetections }.Where(n => n <= maxDetections).Distinct()],
            Sigmas = keypoints is 0 or 17 ? CocoOptions.PersonSigmas : CocoOptions.UniformSigmas(keypoints),
        });
    }

    /// <inheritdoc/>
    public override string Name => _part switch
    {
        ObjectPart.Boxes => "boxes",
        ObjectPart.Masks => "masks",
        ObjectPart.Keypoints => "keypoints",
        _ => "oriented_boxes",
    };

    /// <inheritdoc/>
    public override ClassMatch Match { get; }

    /// <inheritdoc/>
    public override void Add(Sample sample, VisionResult result)
    {
        var truths = GetAnnotations(sample);
        var found = GetDetections(result);
        _evaluator.AddImage(truths, found);
        var (marked, missed, wrong, hits) = Judge(truths, found);
        int faults = missed.Count(m => m) + wrong;
        OwnScores.Add(new ImageScore(sample.Index, marked.Count == 0 && faults == 0 ? 1 : 2.0 * hits / (2 * hits + faults), faults));
    }

    /// <inheritdoc/>
    public override (string Name, double Value) Headline => (_part switch
    {
        ObjectPart.Boxes => "mAP@.50:.95",
        ObjectPart.Masks => "mask mAP@.50:.95",
        ObjectPart.Keypoints => "OKS mAP@.50:.95",
        _ => "oriented mAP@.50:.95",
    }, _evaluator.Summarize().Map);

    /// <inheritdoc/>
    public override void Print(TextWriter to, bool perClass)
    {
        var summary = _evaluator.Summarize();
        to.WriteLine(_part switch
        {
            ObjectPart.OrientedBoxes => "oriented boxes, compared as masks of the pixels that they cover",
            ObjectPart.Keypoints when _keypoints != 17 =>
                "keypoints, with a sigma of 0.05 each (COCO defines sigmas only for its 17 person keypoints)",
            _ => Name,
        });
        to.Write(string.Concat(summary.ToString().Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(l => $"  {l}\n")));
        if (!perClass)
        {
            return;
        }

        int width = Math.Max(5, Match.Names.Max(n => n.Length));
        to.WriteLine($"  {"class".PadRight(width)}  annotated     AP   AP50   AP75  recall");
        foreach (var c in summary.Classes.Where(c => c.AnnotationCount > 0))
        {
            string name = Match.Names[c.ClassId].PadRight(width);
            to.WriteLine(FormattableString.Invariant(
                $"  {name}  {c.AnnotationCount,9}  {Share(c.Ap),5}  {Share(c.Ap50),5}  {Share(c.Ap75),5}  {Share(c.Recall),6}"));
        }
    }

    /// <inheritdoc/>
    public override void Write(Utf8JsonWriter json)
    {
        var summary = _evaluator.Summarize();
        Write(json, "ap", summary.Map);
        Write(json, "ap50", summary.Map50);
        Write(json, "ap75", summary.Map75);
        Write(json, "ap_small", summary.MapSmall);
        Write(json, "ap_medium", summary.MapMedium);
        Write(json, "ap_large", summary.MapLarge);
        foreach (var (count, recall) in summary.Recalls)
        {
            Write(json, FormattableString.Invariant($"ar_{count}"), recall);
        }

        Write(json, "ar_small", summary.RecallSmall);
        Write(json, "ar_medium", summary.RecallMedium);
        Write(json, "ar_large", summary.RecallLarge);
        json.WriteStartArray("classes");
        foreach (var c in summary.Classes)
        {
            json.WriteStartObject();
            json.WriteString("class", Match.Names[c.ClassId]);
            json.WriteNumber("annotated", c.AnnotationCount);
            Write(json, "ap", c.Ap);
            Write(json, "ap50", c.Ap50);
            Write(json, "ap75", c.Ap75);
            Write(json, "recall", c.Recall);
            json.WriteEndObject();
        }

        json.WriteEndArray();
    }

    /// <inheritdoc/>
    public override (ComparisonPanel Left, ComparisonPanel Right) Compare(Sample sample, VisionResult result, Func<int, LoadedImage> load)
    {
        var truths = GetAnnotations(sample);
        var (marked, missed, wrong, _) = Judge(truths, GetDetections(result));
        var left = truths.Select((t, i) => new ComparedObject(
            t.Box,
            t.IsCrowd ? $"{Match.Names[t.ClassId]}, crowd" : Match.Names[t.ClassId],
            missed[i] ? ComparisonOutcome.MissedAnnotation : ComparisonOutcome.MatchedAnnotation)
        {
            Mask = t.Mask, Keypoints = t.Keypoints,
        });
        var right = marked.Select(m => new ComparedObject(
            m.Detection.Box!.Value,
            FormattableString.Invariant($"{Match.Names[m.Detection.ClassId]} {m.Detection.Score:F2}"),
            m.Truth < 0 ? ComparisonOutcome.FalsePositive : ComparisonOutcome.TruePositive)
        {
            Mask = m.Detection.Mask, Keypoints = m.Detection.Keypoints,
        });
        string title = FormattableString.Invariant($"predicted with scores from {_threshold:G3}: {marked.Count}, {wrong} false");
        return (
            new ComparisonPanel(sample.Image, $"annotated: {truths.Count}, {missed.Count(m => m)} missed") { Objects = [.. left] },
            new ComparisonPanel(sample.Image, title) { Objects = [.. right.Reverse()] });
    }

    // Detections from the threshold on with the index of their annotation, or -1; missed annotations; numbers of false and true positives.
    private (IReadOnlyList<(CocoDetection Detection, int Truth)> Marked, bool[] Missed, int False, int Hits) Judge(
        List<CocoAnnotation> truths, List<CocoDetection> found)
    {
        List<CocoDetection> shown = [.. found.Where(d => d.Score >= _threshold)];
        int[] matches = _evaluator.Match(truths, shown, MatchIou);
        bool Counts(CocoAnnotation t) => !t.IsCrowd && (_part != ObjectPart.Keypoints || t.Keypoints!.Any(p => p.Visibility > 0));
        bool[] missed = [.. truths.Select((t, i) => Counts(t) && !matches.Contains(i))];
        return ([.. shown.Zip(matches)], missed, matches.Count(m => m < 0), matches.Count(m => m >= 0 && Counts(truths[m])));
    }

    private List<CocoAnnotation> GetAnnotations(Sample sample) =>
    [
        .. sample.Objects.Where(t => Match.OfData(t.ClassId) >= 0 && (_part switch
        {
            ObjectPart.Boxes => true,
            ObjectPart.Keypoints => t.Keypoints?.Count == _keypoints,
            _ => t.Mask is not null,
        })).Select(t => t with { ClassId = Match.OfData(t.ClassId) }),
    ];

    private List<CocoDetection> GetDetections(VisionResult result)
    {
        var d = result.Detections;
        var found = new List<CocoDetection>(d.Count);
        for (int i = 0; i < d.Count; i++)
        {
            if (Match.OfModel(d.ClassIds[i]) is not (>= 0 and var classId))
            {
                continue;
            }

            found.Add(new CocoDetection(classId, d.Scores[i], d.Boxes[i])
            {
                Mask = _part switch
                {
                    ObjectPart.Masks => CocoMask.FromDetection(d, i, result.Transform),
                    ObjectPart.OrientedBoxes => CocoMask.FromPolygons([Corners(d.RotatedBoxes[i])], result.FrameWidth, result.FrameHeight),
                    _ => null,
                },
                Keypoints = _part == ObjectPart.Keypoints
                    ? [.. d.GetKeypoints(i).ToArray().Select(p => new CocoKeypoint(p.X, p.Y, p.Score >= 0.5f ? 2 : 0))]
                    : null,
            });
        }

        return found;
    }

    private static double[] Corners(in RotatedBox box)
    {
        double cos = Math.Cos(box.Angle), sin = Math.Sin(box.Angle), w = box.Width / 2.0, h = box.Height / 2.0;
        var (x, y) = (box.CenterX, box.CenterY);
        (double X, double Y)[] corners = [(-w, -h), (w, -h), (w, h), (-w, h)];
        return [.. corners.SelectMany(c => new[] { x + c.X * cos - c.Y * sin, y + c.X * sin + c.Y * cos })];
    }
}
