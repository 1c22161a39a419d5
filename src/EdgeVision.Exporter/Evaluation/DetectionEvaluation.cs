using EdgeVision.Exporter.Data;

namespace EdgeVision.Exporter.Evaluation;

/// <summary>Accuracy of a bundle on drawn scenes, run by the runtime as it will be deployed.</summary>
/// <param name="Scenes">Number of scenes.</param>
/// <param name="Objects">Number of objects in them.</param>
/// <param name="Map50">mAP at IoU 0.5.</param>
/// <param name="Map75">mAP at IoU 0.75.</param>
/// <param name="PerClass50">AP at IoU 0.5 by class; -1 where a class does not occur.</param>
public sealed record DetectionEvaluation(int Scenes, int Objects, double Map50, double Map75, IReadOnlyList<double> PerClass50)
{
    /// <summary>Lowest score that counts: the whole curve is measured, not the operating point alone.</summary>
    public const float LowestScore = 0.05f;

    /// <summary>Evaluates scenes 0 to <paramref name="count"/> - 1 of a seed.</summary>
    public static DetectionEvaluation Run(string path, int count, int seed)
    {
        using var detector = Detector.Load(path, new RuntimeOptions { Confidence = LowestScore, Providers = ProviderPolicy.Require(Provider.Cpu) });
        int classes = DrawnScenes.Labels.Count;
        if (!detector.Model.Spec.Labels.SequenceEqual(DrawnScenes.Labels))
        {
            throw new EdgeVisionException($"{path} names other classes than the drawn scenes have ({string.Join(", ", DrawnScenes.Labels)})");
        }

        var at50 = new AveragePrecision(classes, 0.5f);
        var at75 = new AveragePrecision(classes, 0.75f);
        int objects = 0;
        for (int i = 0; i < count; i++)
        {
            var scene = DrawnScenes.Draw(seed, i);
            using var frame = Frame.Borrow(scene.Rgb, PixelFormat.Rgb24, scene.Width, scene.Height);
            var found = detector.Detect(frame);
            at50.Add(found, scene.Objects);
            at75.Add(found, scene.Objects);
            objects += scene.Objects.Count;
        }

        return new DetectionEvaluation(count, objects, at50.Mean(), at75.Mean(), at50.PerClass());
    }
}
