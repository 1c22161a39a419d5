using EdgeVision.Exporter.Architectures;
using EdgeVision.Exporter.Data;
using EdgeVision.Exporter.Training;

namespace EdgeVision.Exporter.Evaluation;

/// <summary>Measures the accuracy of a bundle on labelled images, with the runtime as in deployment.</summary>
public static class BundleEvaluator
{
    /// <summary>Returns the metrics of every head over all images of a source.</summary>
    /// <param name="path">Path of the bundle.</param>
    /// <param name="architecture">Architecture whose heads are those of the bundle and compute the metrics.</param>
    /// <param name="images">Labelled images.</param>
    /// <param name="progress">Called with the number of processed images.</param>
    public static IReadOnlyDictionary<string, double> Run(string path, Architecture architecture, LabelledImageSource images,
        Action<int>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        ArgumentNullException.ThrowIfNull(images);
        using var model = VisionModel.Load(path,
            new RuntimeOptions { Confidence = HeadEvaluator.MinScore, Providers = ProviderPolicy.Require(Provider.Cpu) });
        var evaluators = architecture.Heads.Select(h => h.CreateEvaluator()).ToArray();
        var result = new VisionResult();
        for (int i = 0; i < images.Count; i++)
        {
            var picture = images.Load(i);
            using var frame = Frame.Borrow(picture.Rgb, PixelFormat.Rgb24, picture.Width, picture.Height);
            model.Run(frame, result);
            foreach (var evaluator in evaluators)
            {
                evaluator.Add(result, picture);
            }

            progress?.Invoke(i + 1);
        }

        return HeadEvaluator.CollectMetrics(architecture.Heads, evaluators);
    }
}
