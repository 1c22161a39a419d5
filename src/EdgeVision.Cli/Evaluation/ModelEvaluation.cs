using EdgeVision.Cli.DataSets;
using EdgeVision.Decoding;
using EdgeVision.Evaluation.Coco;
using EdgeVision.Imaging;

namespace EdgeVision.Cli.Evaluation;

/// <summary>Evaluates a model on a data set, with the metrics that its outputs and the labels have in common.</summary>
/// <remarks>The metrics are chosen with the first result.</remarks>
internal sealed class ModelEvaluation
{
    // Round a labelled box, for a model that looks at one figure: mmpose's.
    private const float CropMargin = 1.25f;
    private readonly VisionModel _model;
    private readonly LabelledData _data;
    private readonly string? _classes;
    private readonly int _maxDetections;
    private readonly double _threshold;
    private readonly TextWriter _log;
    private readonly VisionResult _result = new();
    private readonly VisionResult _one = new();
    private readonly bool _topDown;
    private readonly List<EvaluationMetric> _measures = [];
    private bool _masks;

    /// <summary>Prepares an evaluation.</summary>
    /// <param name="model">The model.</param>
    /// <param name="data">The pictures.</param>
    /// <param name="classes">How classes are matched, see <see cref="ClassMatch"/>.</param>
    /// <param name="maxDetections">Most detections of a class and picture.</param>
    /// <param name="threshold">Score from which on a finding counts where single pictures are judged.</param>
    /// <param name="log">Takes what is left out.</param>
    /// <exception cref="UsageException">The model gives nothing that the labels say anything about.</exception>
    public ModelEvaluation(VisionModel model, LabelledData data, string? classes, int maxDetections, double threshold, TextWriter log)
    {
        (_model, _data, _classes, _maxDetections, _threshold, _log) = (model, data, classes, maxDetections, threshold, log);
        _topDown = data.KeypointCount > 0 && model.IsTopDown;
        bool fits = data.Kind switch
        {
            LabelKind.Objects => model.Produces(OutputKind.Detections),
            LabelKind.Classes => model.Produces(OutputKind.Classification) || model.Produces(OutputKind.Embedding),
            _ => model.Produces(OutputKind.Segmentation),
        };
        if (!fits)
        {
            string gives = string.Join(" and ", Enum.GetValues<OutputKind>().Where(model.Produces)).ToLowerInvariant();
            string labels = data.Kind switch
            {
                LabelKind.Objects => "objects",
                LabelKind.Classes => "a class per image",
                _ => "a class per pixel",
            };
            throw new UsageException(
                $"model '{model.Name}' produces {gives}, and the data set labels {labels}: there is nothing to compare");
        }
    }

    /// <summary>The measures; empty before the first picture.</summary>
    public IReadOnlyList<EvaluationMetric> Metrics => _measures;

    /// <summary>Adds a picture to all measures.</summary>
    /// <exception cref="EdgeVisionException">Picture, labels or result cannot be read.</exception>
    public void Add(int picture)
    {
        using var image = ImageFile.Load(_data.Images[picture].Path);
        var sample = Run(picture, image);
        foreach (var measure in _measures)
        {
            measure.Add(sample, _result);
        }
    }

    /// <summary>Draws the images with the lowest quality, by the first metric; images without an error are left out.</summary>
    /// <returns>Number of images drawn.</returns>
    /// <exception cref="EdgeVisionException">A picture cannot be written.</exception>
    public int DrawWorst(string folder, int count, CancellationToken cancel)
    {
        var measure = _measures[0];
        var worst = measure.Scores.Where(s => s.Quality < 1)
            .OrderBy(s => s.Quality).ThenByDescending(s => s.Errors).ThenBy(s => s.Index)
            .Take(count).ToList();
        using var drawing = new ComparisonDrawing();
        for (int i = 0; i < worst.Count; i++)
        {
            cancel.ThrowIfCancellationRequested();
            string path = _data.Images[worst[i].Index].Path;
            using var image = ImageFile.Load(path);
            var sample = Run(worst[i].Index, image);
            var (left, right) = measure.Compare(sample, _result, other => ImageFile.Load(_data.Images[other].Path));
            using var another = ReferenceEquals(right.Image, image) ? null : right.Image;
            string name = FormattableString.Invariant($"{i + 1:D2}-{Path.GetFileNameWithoutExtension(path)}.png");
            drawing.Save(left, right, Path.Combine(folder, name));
        }

        return worst.Count;
    }

    private Sample Run(int picture, LoadedImage image)
    {
        IReadOnlyList<CocoAnnotation>? objects = null;
        var frame = image.Frame;
        if (_topDown)
        {
            objects = _data.Objects(picture, frame.Width, frame.Height, masks: false);
            RunOnEach(objects, frame);
        }
        else
        {
            _model.Run(frame, _result);
        }

        if (_measures.Count == 0)
        {
            Choose();
        }

        objects ??= _data.Objects(picture, frame.Width, frame.Height, _masks);
        return new Sample(picture, _data.Images[picture], image, objects, _data.Pixels(picture, frame.Width, frame.Height));
    }

    // A model that looks at one figure is shown each labelled one, with some room round it.
    private void RunOnEach(IReadOnlyList<CocoAnnotation> objects, Frame frame)
    {
        _model.Run(frame, _result);
        int keypoints = _result.Detections.KeypointCount;
        _result.Detections.Clear(keypoints);
        foreach (var figure in objects.Where(o => !o.IsCrowd && o.Keypoints is not null && o.Box.Area > 0))
        {
            double x = figure.Box.X + figure.Box.Width / 2, y = figure.Box.Y + figure.Box.Height / 2;
            double w = figure.Box.Width * CropMargin / 2, h = figure.Box.Height * CropMargin / 2;
            var crop = new Box(
                (float)Math.Max(0, x - w),
                (float)Math.Max(0, y - h),
                (float)Math.Min(frame.Width, x + w),
                (float)Math.Min(frame.Height, y + h));
            if (!(crop.Width >= 1 && crop.Height >= 1))
            {
                continue;
            }

            _model.Run(frame, _one, crop);
            if (_one.Detections.Count > 0)
            {
                var found = _one.Detections;
                int at = _result.Detections.Add(found.Boxes[0], found.Scores[0], found.ClassIds[0]);
                found.GetKeypoints(0).CopyTo(_result.Detections.GetMutableKeypoints(at));
            }
        }
    }

    private void Choose()
    {
        switch (_data.Kind)
        {
            case LabelKind.Objects:
                var d = _result.Detections;
                var match = Matched(d.Labels);
                void Add(ObjectPart part, int keypoints = 0) =>
                    _measures.Add(new ObjectMetric(part, match, _threshold, _maxDetections, keypoints));
                bool keypoints = _data.KeypointCount > 0 && d.KeypointCount == _data.KeypointCount;
                if (_data.KeypointCount > 0 && d.KeypointCount > 0 && !keypoints)
                {
                    _log.WriteLine(
                        "edgevision: keypoints are not compared: "
                        + $"the model has {d.KeypointCount} and the labels have {_data.KeypointCount}");
                }

                if (d.HasRotation && _data.HasMasks)
                {
                    Add(ObjectPart.OrientedBoxes);
                }
                else if (!_topDown || !keypoints)
                {
                    Add(ObjectPart.Boxes);
                }

                if (d.HasMasks && _data.HasMasks)
                {
                    Add(ObjectPart.Masks);
                }

                if (keypoints)
                {
                    Add(ObjectPart.Keypoints, d.KeypointCount);
                }

                _masks = _data.HasMasks && (d.HasMasks || d.HasRotation);
                break;
            case LabelKind.Classes:
                if (_model.Produces(OutputKind.Classification))
                {
                    var classes = _result.Classification.Labels;
                    _measures.Add(new ClassificationMetric(_data, classes, Matched(classes)));
                }

                if (_model.Produces(OutputKind.Embedding))
                {
                    _measures.Add(new RetrievalMetric(_data));
                }

                break;
            default:
                var pixels = _result.Segmentation.Labels;
                _measures.Add(new PixelMetric(pixels, Matched(pixels, PixelMetric.Background)));
                break;
        }
    }

    private ClassMatch Matched(IReadOnlyList<string> labels, string? used = null)
    {
        var match = new ClassMatch(labels, _data.Classes, _classes);
        match.Explain(_log, used);
        return match;
    }
}
