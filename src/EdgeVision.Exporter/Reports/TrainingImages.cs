using EdgeVision.Exporter.Architectures;
using EdgeVision.Exporter.Data;
using EdgeVision.Exporter.Heads;
using EdgeVision.Exporter.Training;

namespace EdgeVision.Exporter.Reports;

/// <summary>Writes contact sheets of a network's inputs and results.</summary>
public static class TrainingImages
{
    private const int Shown = 8;
    private const int Columns = 4;

    /// <summary>Writes the first images as the network sees them in the first epoch, augmented, with their labels.</summary>
    public static void SaveSamples(string path, TrainingSet set, Architecture architecture)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(architecture);
        ContactSheet.Save(path, [.. Enumerable.Range(0, Math.Min(Shown, set.Count)).Select(set.GetAugmentedImage)], set.Source.Labels, Columns);
    }

    /// <summary>Writes one row per image: its labels and the results.</summary>
    /// <remarks>For detectors also the anchors that match an object, and the detections before suppression.</remarks>
    public static void SaveResults(string path, Trainer trainer, TrainingSet set)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        ArgumentNullException.ThrowIfNull(set);
        var found = trainer.Predict(set, Shown);
        var detection = trainer.Architecture.Heads.OfType<DetectionHead>().FirstOrDefault();
        var before = detection is null ? null : trainer.Predict(set, Shown, suppress: false);
        var drawn = new List<LabelledImage>();
        for (int i = 0; i < found.Count; i++)
        {
            var truth = set.GetImage(i);
            drawn.Add(truth with { Name = $"{truth.Name}: labels" });
            if (detection is not null)
            {
                var placed = InputFitter.Fit(truth, trainer.Architecture.Spec.Input, out _, out _);
                drawn.Add(placed with
                {
                    Name = "matched anchors",
                    Objects = [.. detection.GetMatchedAnchors(detection.CreateTarget(placed))],
                    Mask = null,
                    Depth = null,
                    ClassId = -1,
                });
                drawn.Add(Draw(truth, before![i], "before suppression"));
            }

            drawn.Add(Draw(truth, found[i], "found"));
        }

        ContactSheet.Save(path, drawn, set.Source.Labels, Columns);
    }

    // Results are drawn in the same way as labels, so that both can be compared by eye.
    private static LabelledImage Draw(LabelledImage picture, VisionResult result, string name)
    {
        var d = result.Detections;
        var objects = new List<LabelledObject>();
        for (int i = 0; i < d.Count; i++)
        {
            objects.Add(new LabelledObject(d.ClassIds[i], d.Boxes[i])
            {
                Keypoints = [.. d.GetKeypoints(i).ToArray().Select(k => new LabelledKeypoint(k.X, k.Y, 2))],
            });
        }

        byte[]? mask = null;
        if (result.Segmentation.Width > 0)
        {
            mask = new byte[picture.Width * picture.Height];
            result.Segmentation.CopyToFrame(mask);
        }

        float[]? depth = result.Depth.Width == 0
            ? null
            : [.. Enumerable.Range(0, picture.Width * picture.Height)
                .Select(i => result.Depth.GetDepthAt(i % picture.Width, i / picture.Width))];
        return new LabelledImage(picture.Rgb, picture.Width, picture.Height)
        {
            Name = name, Objects = objects, Mask = mask, Depth = depth,
            ClassId = result.Classification.Count > 0 ? result.Classification.ClassIds[0] : -1,
        };
    }
}
