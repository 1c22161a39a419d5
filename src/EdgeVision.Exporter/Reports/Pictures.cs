using EdgeVision.Exporter.Architectures;
using EdgeVision.Exporter.Data;
using EdgeVision.Exporter.Training;
using EdgeVision.Imaging;

namespace EdgeVision.Exporter.Reports;

/// <summary>Pictures to look at: what a network is shown, and what it makes of it.</summary>
public static class Pictures
{
    private const int Shown = 8;
    private const int Columns = 4;

    /// <summary>The first pictures as the network sees them in the first epoch, augmented, with their labels.</summary>
    public static void Samples(string path, TrainingSet set, Architecture architecture)
    {
        ArgumentNullException.ThrowIfNull(set);
        ArgumentNullException.ThrowIfNull(architecture);
        ContactSheet.Save(path, [.. Enumerable.Range(0, Math.Min(Shown, set.Count)).Select(set.Augmented)], set.Source.Labels, Columns);
    }

    /// <summary>Labels above, results below, for the first pictures.</summary>
    public static void Results(string path, Trainer trainer, TrainingSet set)
    {
        ArgumentNullException.ThrowIfNull(trainer);
        ArgumentNullException.ThrowIfNull(set);
        var results = trainer.Predict(set, Shown);
        var spec = trainer.Architecture.Spec;
        using var annotator = new Annotator(spec.Skeleton);
        var drawn = new List<LabelledPicture>();
        for (int i = 0; i < results.Count; i++)
        {
            var truth = set.Picture(i);
            drawn.Add(truth);
            drawn.Add(Annotate(annotator, truth, results[i]));
        }

        // Pairs side by side.
        ContactSheet.Save(path, drawn, set.Source.Labels, Columns);
    }

    private static LabelledPicture Annotate(Annotator annotator, LabelledPicture picture, VisionResult result)
    {
        int pixels = picture.Width * picture.Height;
        var bgra = new byte[pixels * 4];
        for (int i = 0; i < pixels; i++)
        {
            (bgra[i * 4], bgra[i * 4 + 1], bgra[i * 4 + 2], bgra[i * 4 + 3]) = (picture.Rgb[i * 3 + 2], picture.Rgb[i * 3 + 1], picture.Rgb[i * 3], 255);
        }

        using (var frame = Frame.Borrow(bgra, PixelFormat.Bgra32, picture.Width, picture.Height))
        {
            annotator.Draw(frame, result);
        }

        var rgb = new byte[pixels * 3];
        for (int i = 0; i < pixels; i++)
        {
            (rgb[i * 3], rgb[i * 3 + 1], rgb[i * 3 + 2]) = (bgra[i * 4 + 2], bgra[i * 4 + 1], bgra[i * 4]);
        }

        return new LabelledPicture(rgb, picture.Width, picture.Height) { Name = "found" };
    }
}
