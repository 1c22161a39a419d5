using EdgeVision.Exporter.Architectures;
using EdgeVision.Exporter.Heads;

namespace EdgeVision.Exporter.Tests;

public class DetectionHeadTests
{
    [Fact]
    public void TheEvaluatorGivesThreePrecisions()
    {
        var evaluator = new DetectionHeadEvaluator(5);
        var result = new VisionResult();
        result.Detections.Clear();
        result.Detections.Add(new Box(0, 0, 100, 62), 0.9f, 2);  // IoU 0.62 with its object
        result.Detections.Add(new Box(0, 100, 50, 150), 0.8f, 1); // exact
        evaluator.Add(result, DetectorHarness.Labelled((2, new Box(0, 0, 100, 100)), (1, new Box(0, 100, 50, 150))));
        var metrics = evaluator.GetMetrics();
        Assert.Equal(["mAP@0.5", "mAP@0.75", "mAP@.50:.95"], metrics.Select(m => m.Name));
        Assert.Equal(1, metrics[0].Value, 1e-6);
        Assert.Equal(0.5, metrics[1].Value, 1e-6);
        Assert.Equal((3 * 1 + 7 * 0.5) / 10, metrics[2].Value, 1e-6); // 0.5, 0.55 and 0.6 are reached
    }

    [Fact]
    public void AGroupIsNeitherLearnedNorMissed()
    {
        var picture = DetectorHarness.Labelled((1, new Box(20, 20, 60, 60)), (2, new Box(80, 20, 120, 60)));
        picture = picture with { Objects = [picture.Objects[0], picture.Objects[1] with { IsCrowd = true }] };
        var target = (DetectionTarget)new YoloDetector().Heads[0].CreateTarget(picture);
        Assert.Equal([1], target.ClassIds);

        var evaluator = new DetectionHeadEvaluator(5);
        var result = new VisionResult();
        result.Detections.Add(new Box(80, 20, 120, 60), 0.9f, 2);
        result.Detections.Add(new Box(20, 20, 60, 60), 0.8f, 1);
        evaluator.Add(result, picture);
        Assert.Equal(1, evaluator.GetMetrics()[0].Value, 1e-6);
    }

    [Fact]
    public void BoxesAreCutToTheInputAndSliversLeftOut()
    {
        var target = (DetectionTarget)new YoloDetector().Heads[0].CreateTarget(DetectorHarness.Labelled((0, new Box(-10, 140, 30, 200)), (1, new Box(191.5f, 0, 230, 50))));
        Assert.Equal(new Box(0, 140, 30, 160), Assert.Single(target.Boxes));
    }
}
