using EdgeVision.Exporter.Architectures;
using EdgeVision.Exporter.Data;
using EdgeVision.Exporter.Training;

namespace EdgeVision.Exporter.Evaluation;

/// <summary>Measures the accuracy of a bundle on labelled images, with the runtime as in deployment.</summary>
public static class BundleEvaluation
{
    /// <summary>Returns the metrics of every head over all images of a source.</summary>
    /// <param name="path">Path of the bundle.</param>
    /// <param name="architecture">Architecture whose heads are those of the bundle and compute the metrics.</param>
    /// <param name="pictures">Labelled images.</param>
    /// <param name="progress">Called with the number of processed images.</param>
    public static IReadOnlyDictionary<string, double> Run(string path, Architecture architecture, PictureSource pictures,
        Action<int>? progress = null)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        ArgumentNullException.ThrowIfNull(pictures);
        using var model = VisionModel.Load(path,
            new RuntimeOptions { Confidence = HeadEvaluator.LowestScore, Providers = ProviderPolicy.Require(Provider.Cpu) });
        var evaluators = architecture.Heads.Select(h => h.CreateEvaluator()).ToArray();
        var result = new VisionResult();
        for (int i = 0; i < pictures.Count; i++)
        {
            var picture = pictures.Load(i);
            using var frame = Frame.Borrow(picture.Rgb, PixelFormat.Rgb24, picture.Width, picture.Height);
            model.Run(frame, result);
            foreach (var evaluator in evaluators)
            {
                evaluator.Add(result, picture);
            }

            progress?.Invoke(i + 1);
        }

        return HeadEvaluator.Collect(architecture.Heads, evaluators);
    }
}
