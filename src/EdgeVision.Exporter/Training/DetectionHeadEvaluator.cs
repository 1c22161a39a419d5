using EdgeVision.Exporter.Data;
using EdgeVision.Exporter.Evaluation;

namespace EdgeVision.Exporter.Training;

/// <summary>COCO's average precision of detections: at IoU 0.5 (which decides), at 0.75 and the mean over 0.5, 0.55 … 0.95.</summary>
/// <param name="classes">Number of classes.</param>
public sealed class DetectionHeadEvaluator(int classes) : HeadEvaluator
{
    // The only place that knows how precision is computed.
    private readonly AveragePrecision[] _at = [.. Enumerable.Range(0, 10).Select(i => new AveragePrecision(classes, 0.5f + 0.05f * i))];

    /// <inheritdoc/>
    public override void Add(VisionResult result, LabelledPicture truth)
    {
        ArgumentNullException.ThrowIfNull(result);
        ArgumentNullException.ThrowIfNull(truth);
        var objects = truth.Objects.Where(o => !o.Crowd).Select(o => new LabelledBox(o.ClassId, o.Box)).ToArray();
        foreach (var at in _at)
        {
            at.Add(result.Detections, objects);
        }
    }

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, double Value)> Metrics() =>
    [
        ("mAP@0.5", _at[0].Mean()),
        ("mAP@0.75", _at[5].Mean()),
        ("mAP@.50:.95", _at.Average(a => a.Mean())),
    ];
}
