namespace EdgeVision.Evaluation.Coco;

/// <summary>Computes COCO average precision and recall, with the same results as pycocotools' COCOeval.</summary>
/// <remarks>
/// IoU (or OKS) .50 to .95 in steps of .05, precision at 101 recalls, sizes all, small (up to 32^2), medium (up to 96^2) and
/// large. Images are added one by one and are not kept. At equal scores the image added first wins, so add images by
/// ascending id to reproduce the reference's numbers. Not thread-safe: use one instance per thread.
/// </remarks>
public sealed class CocoEvaluator
{
    internal const int RecallSteps = 101;
    private static readonly double[] _thresholds = Thresholds();
    private static readonly (double From, double To)[] _sizes = [(0, 1e10), (0, 32 * 32), (32 * 32, 96 * 96), (96 * 96, 1e10)];
    private static readonly (double From, double To)[] _keypointSizes = [(0, 1e10), (32 * 32, 96 * 96), (96 * 96, 1e10)];

    private readonly CocoIouType _kind;
    private readonly int _classes;
    private readonly CocoOptions _options;
    private readonly int[] _maxDetections;
    private readonly (double From, double To)[] _areas;
    private readonly CocoClassAccumulator[] _records;
    private readonly CocoMatcher _matcher = new(_thresholds);

    /// <summary>Initializes an evaluation without images.</summary>
    /// <param name="iouType">Similarity that is computed: box IoU, mask IoU or OKS.</param>
    /// <param name="classes">Number of classes; a class without annotations is left out of the means.</param>
    /// <param name="options">Settings; pycocotools' defaults when null.</param>
    /// <exception cref="EdgeVisionException">No classes, limits that do not ascend from 1, or sigmas that are not above 0.</exception>
    public CocoEvaluator(CocoIouType iouType, int classes, CocoOptions? options = null)
    {
        _kind = iouType;
        _classes = classes > 0 ? classes : throw new EdgeVisionException($"the number of classes must be at least 1; got {classes}");
        _options = options ?? new CocoOptions();
        _areas = iouType == CocoIouType.Keypoints ? _keypointSizes : _sizes;
        _maxDetections = _options.MaxDetections.Count > 0 ? [.. _options.MaxDetections] : iouType == CocoIouType.Keypoints ? [20] : [1, 10, 100];
        for (int i = 0; i < _maxDetections.Length; i++)
        {
            if (_maxDetections[i] <= (i == 0 ? 0 : _maxDetections[i - 1]))
            {
                throw new EdgeVisionException(
                    $"the limits of detections must be 1 or more and ascending; got {string.Join(", ", _maxDetections)}");
            }
        }

        if (iouType == CocoIouType.Keypoints && (_options.Sigmas.Count == 0 || !_options.Sigmas.All(s => s > 0 && double.IsFinite(s))))
        {
            throw new EdgeVisionException("each keypoint needs a sigma; sigmas must be above 0");
        }

        _records = new CocoClassAccumulator[_options.ClassAgnostic ? 1 : classes];
        for (int i = 0; i < _records.Length; i++)
        {
            _records[i] = new CocoClassAccumulator(_areas.Length);
        }
    }

    /// <summary>Gets the number of images added.</summary>
    public int ImageCount { get; private set; }

    /// <summary>Adds an image with all its annotations and detections, in any order.</summary>
    /// <param name="annotations">Annotations.</param>
    /// <param name="detections">Detections; per class only the best count, up to the highest limit.</param>
    /// <exception cref="EdgeVisionException">
    /// A class outside the evaluation's range, a number that is not finite, a missing mask, masks of different sizes, or a
    /// number of keypoints other than that of the sigmas. Nothing of the image is added then.
    /// </exception>
    public void AddImage(IReadOnlyList<CocoAnnotation> annotations, IReadOnlyList<CocoDetection> detections)
    {
        ArgumentNullException.ThrowIfNull(annotations);
        ArgumentNullException.ThrowIfNull(detections);
        Check(annotations, detections);
        var truthsOf = Group(annotations.Count, i => annotations[i].ClassId);
        var detectionsOf = Group(detections.Count, i => detections[i].ClassId);
        for (int c = 0; c < _records.Length; c++)
        {
            if (truthsOf[c] is not null || detectionsOf[c] is not null)
            {
                AddClass(
                    _records[c],
                    [.. (truthsOf[c] ?? []).Select(i => annotations[i])],
                    [.. (detectionsOf[c] ?? []).Select(i => detections[i])]);
            }
        }

        ImageCount++;
    }

    /// <summary>
    /// Adds an image with its annotations and a result of the runtime. Everything, masks included, is compared in frame
    /// pixels.
    /// </summary>
    /// <exception cref="EdgeVisionException">
    /// As above; or the result has no masks or keypoints although those are compared.
    /// </exception>
    public void AddImage(IReadOnlyList<CocoAnnotation> annotations, VisionResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        AddImage(annotations, result.Detections, result.Transform);
    }

    /// <summary>Adds an image with its annotations and detections without a frame.</summary>
    /// <remarks>
    /// Masks are taken in the plane of the network's input, letterbox included, so the annotations' masks must be in that
    /// plane.
    /// </remarks>
    /// <exception cref="EdgeVisionException">
    /// As above; or the detections have no masks or keypoints although those are compared.
    /// </exception>
    public void AddImage(IReadOnlyList<CocoAnnotation> annotations, Detections detections)
    {
        ArgumentNullException.ThrowIfNull(detections);
        AddImage(annotations, detections, null);
    }

    /// <summary>
    /// Matches the detections of one image to its annotations at one IoU (or OKS) threshold. Adds nothing to the statistics.
    /// </summary>
    /// <remarks>
    /// Detections are matched by descending score, each to the free annotation of its class with the highest overlap; a crowd
    /// is taken only when no other annotation reaches the threshold. Meant for the inspection of single images.
    /// </remarks>
    /// <param name="annotations">Annotations.</param>
    /// <param name="detections">Detections to match, such as those above a score.</param>
    /// <param name="threshold">Minimum IoU or OKS of a match, above 0.</param>
    /// <returns>For each detection the index of its annotation, or -1; a crowd's index may occur several times.</returns>
    /// <exception cref="EdgeVisionException">
    /// As for <see cref="AddImage(IReadOnlyList{CocoAnnotation}, IReadOnlyList{CocoDetection})"/>.
    /// </exception>
    public int[] Match(IReadOnlyList<CocoAnnotation> annotations, IReadOnlyList<CocoDetection> detections, double threshold = 0.5)
    {
        ArgumentNullException.ThrowIfNull(annotations);
        ArgumentNullException.ThrowIfNull(detections);
        ArgumentOutOfRangeException.ThrowIfNegativeOrZero(threshold);
        Check(annotations, detections);
        int[] order = [.. Enumerable.Range(0, detections.Count).OrderByDescending(d => detections[d].Score)];
        int[] matches = new int[detections.Count];
        bool[] taken = new bool[annotations.Count];
        foreach (int d in order)
        {
            int best = -1;
            double most = 0;
            for (int g = 0; g < annotations.Count; g++)
            {
                if (taken[g]
                    || !_options.ClassAgnostic && annotations[g].ClassId != detections[d].ClassId
                    || best >= 0 && annotations[g].IsCrowd && !annotations[best].IsCrowd)
                {
                    continue;
                }

                double overlap = Overlap(detections[d], annotations[g]);
                if (overlap >= threshold && (best < 0 || overlap > most || annotations[best].IsCrowd && !annotations[g].IsCrowd))
                {
                    (best, most) = (g, overlap);
                }
            }

            matches[d] = best;
            if (best >= 0)
            {
                taken[best] = !annotations[best].IsCrowd;
            }
        }

        return matches;
    }

    /// <summary>Computes the statistics of all images added so far; more may be added afterwards.</summary>
    public CocoSummary Summarize() => new(_kind, _records, _thresholds.Length, _maxDetections, _options.ClassAgnostic);

    private void AddImage(IReadOnlyList<CocoAnnotation> annotations, Detections detections, FrameTransform? transform)
    {
        var found = new CocoDetection[detections.Count];
        for (int i = 0; i < found.Length; i++)
        {
            var keypoints = _kind == CocoIouType.Keypoints ? new CocoKeypoint[detections.KeypointCount] : null;
            for (int k = 0; keypoints is not null && k < keypoints.Length; k++)
            {
                var point = detections.GetKeypoints(i)[k];
                keypoints[k] = new CocoKeypoint(point.X, point.Y);
            }

            found[i] = new CocoDetection(detections.ClassIds[i], detections.Scores[i], detections.Boxes[i])
            {
                Keypoints = keypoints,
                Mask = _kind != CocoIouType.Masks ? null
                    : transform is { } plane ? CocoMask.FromDetection(detections, i, plane)
                    : CocoMask.FromDetection(detections, i),
            };
        }

        AddImage(annotations, found);
    }

    private void AddClass(CocoClassAccumulator record, CocoAnnotation[] truths, CocoDetection[] detections)
    {
        int[] order = new int[detections.Length];
        for (int i = 0; i < order.Length; i++)
        {
            order[i] = i;
        }

        Array.Sort(order, (a, b) =>
            detections[b].Score.CompareTo(detections[a].Score) is var byScore && byScore != 0 ? byScore : a.CompareTo(b));
        int count = Math.Min(order.Length, _maxDetections[^1]);
        double[] overlaps = new double[count * truths.Length];
        for (int d = 0; d < count; d++)
        {
            for (int g = 0; g < truths.Length; g++)
            {
                overlaps[d * truths.Length + g] = Overlap(detections[order[d]], truths[g]);
            }
        }

        bool[] crowd = [.. truths.Select(g => g.IsCrowd)];
        bool[] truthIgnored = new bool[truths.Length], otherSize = new bool[count];
        uint[][] matched = new uint[_areas.Length][], ignored = new uint[_areas.Length][];
        for (int a = 0; a < _areas.Length; a++)
        {
            var (from, to) = _areas[a];
            for (int g = 0; g < truths.Length; g++)
            {
                double area = AreaOf(truths[g]);
                truthIgnored[g] = crowd[g] || area < from || area > to
                    || _kind == CocoIouType.Keypoints && CocoOverlap.CountLabelled(truths[g].Keypoints!) == 0;
                record.AnnotationCounts[a] += truthIgnored[g] ? 0 : 1;
            }

            for (int d = 0; d < count; d++)
            {
                double area = AreaOf(detections[order[d]]);
                otherSize[d] = area < from || area > to;
            }

            matched[a] = new uint[count];
            ignored[a] = new uint[count];
            _matcher.Match(overlaps, truthIgnored, crowd, otherSize, matched[a], ignored[a]);
        }

        Span<uint> matchedOf = stackalloc uint[_areas.Length], ignoredOf = stackalloc uint[_areas.Length];
        for (int d = 0; d < count; d++)
        {
            for (int a = 0; a < _areas.Length; a++)
            {
                matchedOf[a] = matched[a][d];
                ignoredOf[a] = ignored[a][d];
            }

            record.Add(detections[order[d]].Score, d, matchedOf, ignoredOf);
        }
    }

    private double Overlap(in CocoDetection detection, in CocoAnnotation truth) => _kind switch
    {
        CocoIouType.Boxes => CocoOverlap.BoxIou(detection.Box!.Value, truth.Box, truth.IsCrowd),
        CocoIouType.Masks => CocoOverlap.MaskIou(detection.Mask!, truth.Mask!, truth.IsCrowd),
        _ => CocoOverlap.ObjectKeypointSimilarity(detection.Keypoints!, truth, AreaOf(truth), _options.Sigmas),
    };

    private double AreaOf(in CocoAnnotation truth) => truth.Area ?? (_kind == CocoIouType.Masks ? truth.Mask!.Area : truth.Box.Area);

    private double AreaOf(in CocoDetection detection)
    {
        if (_kind == CocoIouType.Masks)
        {
            return detection.Mask!.Area;
        }

        if (detection.Box is { } box)
        {
            return box.Area;
        }

        var points = detection.Keypoints!;
        return (points.Max(p => p.X) - points.Min(p => p.X)) * (points.Max(p => p.Y) - points.Min(p => p.Y));
    }

    // Indices by class, in order; when class-agnostic, one group that holds all of them, class by class.
    private List<int>?[] Group(int count, Func<int, int> classOf)
    {
        var groups = new List<int>?[_classes];
        for (int i = 0; i < count; i++)
        {
            (groups[classOf(i)] ??= []).Add(i);
        }

        return _options.ClassAgnostic ? [[.. groups.SelectMany(g => g ?? [])]] : groups;
    }

    private void Check(IReadOnlyList<CocoAnnotation> truths, IReadOnlyList<CocoDetection> detections)
    {
        CocoMask? plane = null;
        for (int i = 0; i < truths.Count; i++)
        {
            var truth = truths[i];
            string what = $"annotation {i}";
            Check(what, truth.ClassId, truth.Area ?? 0, truth.Box, truth.Mask, truth.Keypoints);
            SamePlane(ref plane, truth.Mask, what);
        }

        for (int i = 0; i < detections.Count; i++)
        {
            var detection = detections[i];
            string what = $"detection {i}";
            Check(what, detection.ClassId, detection.Score, detection.Box, detection.Mask, detection.Keypoints);
            SamePlane(ref plane, detection.Mask, what);
        }
    }

    private void Check(string what, int classId, double number, CocoBox? box, CocoMask? mask, IReadOnlyList<CocoKeypoint>? keypoints)
    {
        if ((uint)classId >= (uint)_classes)
        {
            throw new EdgeVisionException($"{what}: the class must be 0 to {_classes - 1}; got {classId}");
        }

        if (!double.IsFinite(number)
            || box is { } b
                && !(double.IsFinite(b.X) && double.IsFinite(b.Y) && b.Width >= 0 && b.Height >= 0 && double.IsFinite(b.Area)))
        {
            throw new EdgeVisionException($"{what}: numbers must be finite and sizes 0 or more; got {number}, {box}");
        }

        switch (_kind)
        {
            case CocoIouType.Boxes when box is null:
                throw new EdgeVisionException($"{what} has no box");
            case CocoIouType.Masks when mask is null:
                throw new EdgeVisionException($"{what} has no mask");
            case CocoIouType.Keypoints when keypoints?.Count != _options.Sigmas.Count:
                throw new EdgeVisionException(
                    $"{what} must have as many keypoints as sigmas ({_options.Sigmas.Count}); got {keypoints?.Count ?? 0}");
            case CocoIouType.Keypoints when !keypoints.All(p => double.IsFinite(p.X) && double.IsFinite(p.Y)):
                throw new EdgeVisionException($"{what} has a keypoint that is not finite");
        }
    }

    private void SamePlane(ref CocoMask? plane, CocoMask? mask, string what)
    {
        if (_kind != CocoIouType.Masks)
        {
            return;
        }

        plane ??= mask!;
        if (mask!.Width != plane.Width || mask.Height != plane.Height)
        {
            throw new EdgeVisionException(
                $"{what}: the mask must be {plane.Width}x{plane.Height} like the others of the image; got {mask.Width}x{mask.Height}");
        }
    }

    // Bitwise equal to numpy.linspace(.5, .95, 10).
    private static double[] Thresholds()
    {
        double[] thresholds = new double[10];
        double step = (0.95 - 0.5) / 9;
        for (int i = 0; i < thresholds.Length; i++)
        {
            thresholds[i] = i * step + 0.5;
        }

        thresholds[^1] = 0.95;
        return thresholds;
    }
}
