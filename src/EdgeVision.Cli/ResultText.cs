using System.Globalization;

namespace EdgeVision.Cli;

/// <summary>Prints the result of a model on an image: one line for the image, and the parts of the result below it.</summary>
internal static class ResultText
{
    private const int ShownNumbers = 8;

    public static void Print(TextWriter to, VisionResult result, string path, bool several)
    {
        var timing = result.Timing;
        string found = result.HasDetections ? $"{result.Detections.Count} found in " : "";
        double ms = timing.PreprocessMs + timing.InferenceMs + timing.PostprocessMs;
        string name = several ? path : Path.GetFileName(path);
        to.WriteLine(FormattableString.Invariant($"{name} {result.FrameWidth}x{result.FrameHeight}: {found}{ms:F1} ms"));
        Classes(to, result.Classification);
        Boxes(to, result.Detections);
        Shares(to, result.Segmentation);
        if (result.Depth.Width > 0)
        {
            var range = result.Depth.ComputeRange();
            to.WriteLine(FormattableString.Invariant($"  depth {range.Minimum:F2} to {range.Maximum:F2} m, median {range.Median:F2} m"));
        }

        if (result.Embedding.Count > 0)
        {
            var values = result.Embedding.Values;
            var shown = values[..Math.Min(ShownNumbers, values.Length)].ToArray()
                .Select(v => v.ToString("F4", CultureInfo.InvariantCulture));
            to.WriteLine($"  embedding with {values.Length} dimensions: {string.Join(" ", shown)} … (--json writes all)");
        }
    }

    private static void Classes(TextWriter to, Classification c)
    {
        for (int i = 0; i < c.Count; i++)
        {
            to.WriteLine(FormattableString.Invariant($"  {c.Scores[i],7:P1}  {c.GetClassLabel(c.ClassIds[i])}"));
        }
    }

    private static void Boxes(TextWriter to, Detections d)
    {
        int width = d.Count == 0 ? 0 : Enumerable.Range(0, d.Count).Max(i => d.GetLabel(i).Length);
        for (int i = 0; i < d.Count; i++)
        {
            string extra = d.HasRotation ? FormattableString.Invariant($"  rotated {d.RotatedBoxes[i].Angle * 180 / MathF.PI:F1}°")
                : d.KeypointCount > 0 ? $"  {d.KeypointCount} keypoints"
                : "";
            string track = d.HasTracks && d.TrackIds[i] > 0 ? $"  track {d.TrackIds[i]}" : "";
            to.WriteLine(FormattableString.Invariant($"  {d.GetLabel(i).PadRight(width)}  {d.Scores[i]:F3}  {d.Boxes[i]}{extra}{track}"));
        }
    }

    // Largest first; shares of the part of the image that the model has seen.
    private static void Shares(TextWriter to, SegmentationMap map)
    {
        long[] areas = new long[256];
        var (width, height) = map.CountAreas(areas);
        foreach (int id in Enumerable.Range(0, areas.Length).Where(id => areas[id] > 0).OrderByDescending(id => areas[id]))
        {
            double share = areas[id] / (double)((long)width * height);
            to.WriteLine(FormattableString.Invariant($"  {share,7:P1} of the image  {map.GetClassLabel(id)}"));
        }
    }
}
