using EdgeVision.Evaluation.Coco;
using EdgeVision.Exporter.Data;
using EdgeVision.Exporter.Training;

namespace EdgeVision.Exporter.Heads;

/// <summary>Computes COCO's average precision of detections (<see cref="CocoEvaluator"/>).</summary>
/// <param name="classes">Number of classes.</param>
/// <remarks>At IoU 0.5 (the metric that decides), at 0.75, and the mean over 0.5, 0.55 … 0.95.</remarks>
public sealed class DetectionHeadEvaluator(int classes) : HeadEvaluator
{
    private readonly CocoEvaluator _coco = new(CocoIouType.Boxes, classes);

    /// <inheritdoc/>
    public override void Add(VisionResult result, LabelledImage groundTruth)
    {
        ArgumentNullException.ThrowIfNull(result);
        ArgumentNullException.ThrowIfNull(groundTruth);
        _coco.AddImage([.. groundTruth.Objects.Select(o => new CocoAnnotation(o.ClassId, o.Box) { IsCrowd = o.IsCrowd })], result.Detections);
    }

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, double Value)> GetMetrics()
    {
        var summary = _coco.Summarize();
        return [("mAP@0.5", summary.Map50), ("mAP@0.75", summary.Map75), ("mAP@.50:.95", summary.Map)];
    }
}
