using System.Globalization;

namespace EdgeVision.Cli;

/// <summary>What a model found in a picture, as text for people: a line for the picture, and the parts of the result under it.</summary>
internal static class Findings
{
    private const int ShownNumbers = 8;

    public static void Print(TextWriter to, VisionResult result, string path, bool several)
    {
        var timing = result.Timing;
        string found = result.HasDetections ? $"{result.Detections.Count} found in " : "";
        to.WriteLine(FormattableString.Invariant($"{(several ? path : Path.GetFileName(path))} {result.FrameWidth}x{result.FrameHeight}: {found}{timing.PreprocessMs + timing.InferenceMs + timing.PostprocessMs:F1} ms"));
        Classes(to, result.Classification);
        Boxes(to, result.Detections);
        Shares(to, result.Segmentation);
        if (result.Depth.Width > 0)
        {
            var range = result.Depth.Range();
            to.WriteLine(FormattableString.Invariant($"  distances {range.Minimum:F2} to {range.Maximum:F2} m, median {range.Median:F2} m"));
        }

        if (result.Embedding.Count > 0)
        {
            var values = result.Embedding.Values;
            to.WriteLine($"  embedding of {values.Length} numbers: {string.Join(" ", values[..Math.Min(ShownNumbers, values.Length)].ToArray().Select(v => v.ToString("F4", CultureInfo.InvariantCulture)))} … (--json writes all)");
        }
    }

    private static void Classes(TextWriter to, Classification c)
    {
        for (int i = 0; i < c.Count; i++)
        {
            to.WriteLine(FormattableString.Invariant($"  {c.Scores[i],7:P1}  {c.LabelOf(c.ClassIds[i])}"));
        }
    }

    private static void Boxes(TextWriter to, Detections d)
    {
        int width = d.Count == 0 ? 0 : Enumerable.Range(0, d.Count).Max(i => d.Label(i).Length);
        for (int i = 0; i < d.Count; i++)
        {
            string extra = d.HasRotation ? FormattableString.Invariant($"  turned {d.RotatedBoxes[i].Angle * 180 / MathF.PI:F1}°") : d.KeypointCount > 0 ? $"  {d.KeypointCount} keypoints" : "";
            to.WriteLine(FormattableString.Invariant($"  {d.Label(i).PadRight(width)}  {d.Scores[i]:F3}  {d.Boxes[i]}{extra}{(d.HasTracks && d.TrackIds[i] > 0 ? $"  track {d.TrackIds[i]}" : "")}"));
        }
    }

    // The greatest first; of the part of the picture that was looked at.
    private static void Shares(TextWriter to, SegmentationMap map)
    {
        long[] areas = new long[256];
        var (width, height) = map.Areas(areas);
        foreach (int id in Enumerable.Range(0, areas.Length).Where(id => areas[id] > 0).OrderByDescending(id => areas[id]))
        {
            to.WriteLine(FormattableString.Invariant($"  {areas[id] / (double)((long)width * height),7:P1} of the picture  {map.LabelOf(id)}"));
        }
    }
}
