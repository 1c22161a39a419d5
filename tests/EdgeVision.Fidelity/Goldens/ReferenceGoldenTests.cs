using System.Runtime.InteropServices;
using System.Text.Json;
using EdgeVision.Decoding;
using EdgeVision.Evaluation.Coco;
using EdgeVision.Suppression;
using EdgeVision.Tensors;
using EdgeVision.TestSupport;
using EdgeVision.Tracking;
using Xunit;

namespace EdgeVision.Fidelity.Goldens;

/// <summary>Every file under <c>reference</c> of the golden folder: what pycocotools, mmpose's formulas, ensemble-boxes and the trackers returned.</summary>
public sealed class ReferenceGoldenTests
{
    public static TheoryData<string> Cases() => GoldenFolder.Cases("reference", folder => Directory.GetFiles(folder, "*.json"));

    [Theory]
    [MemberData(nameof(Cases))]
    public void Equals_the_reference(string file)
    {
        string path = GoldenFolder.At("reference", file);
        using var document = JsonDocument.Parse(File.ReadAllText(path));
        var root = document.RootElement;
        var first = root.ValueKind == JsonValueKind.Array ? root[0] : root;
        var compare = new Comparison(Path.GetFileNameWithoutExtension(file));
        if (first.TryGetProperty("iou_type", out _))
        {
            Coco(path, first, compare);
        }
        else if (first.TryGetProperty("heatmap_shape", out _))
        {
            Heatmaps(path, first, compare);
        }
        else if (first.TryGetProperty("fused_boxes", out _))
        {
            Fusion(root, compare);
        }
        else if (first.TryGetProperty("min_cutoff", out _))
        {
            OneEuro(root, compare);
        }
        else if (first.TryGetProperty("sequences", out _))
        {
            ByteTrack(root, compare);
        }
        else
        {
            Assert.Fail($"no comparison is written for '{file}', which holds {string.Join(", ", first.EnumerateObject().Select(p => p.Name))}");
        }
    }

    private static void Coco(string path, JsonElement root, Comparison compare)
    {
        var kind = root.GetProperty("iou_type").GetString() switch
        {
            "bbox" => CocoIouType.Boxes,
            "segm" => CocoIouType.Masks,
            "keypoints" => CocoIouType.Keypoints,
            var other => throw new NotSupportedException($"IoU of '{other}'"),
        };
        var reference = new CocoReference(path);
        compare.Numbers("statistics", reference.Statistics, [.. reference.Evaluate(kind).Statistics], 1e-9);
    }

    private static void Heatmaps(string path, JsonElement root, Comparison compare)
    {
        int[] shape = [.. root.GetProperty("heatmap_shape").EnumerateArray().Select(e => e.GetInt32())];
        float[] maps = MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(Path.Combine(Path.GetDirectoryName(path)!, root.GetProperty("heatmaps_file").GetString()!))).ToArray();
        double[] values = Numbers(root.GetProperty("values"));
        foreach (var property in root.EnumerateObject())
        {
            string? parameters = property.Name switch
            {
                "argmax_xy" => """{"refinement": "none"}""",
                "quarter_offset" => """{"refinement": "plain"}""",
                var n when n.StartsWith("dark_k", StringComparison.Ordinal) => $$"""{"refinement": "dark", "kernel": {{n[6..]}}}""",
                var n when n.StartsWith("udp_k", StringComparison.Ordinal) => $$"""{"refinement": "udp", "kernel": {{n[5..]}}}""",
                _ => null,
            };
            if (parameters is null)
            {
                continue;
            }

            var points = Decode("heatmap", parameters, shape[2], shape[1], ("maps", [1, shape[0], shape[1], shape[2]], maps));
            // A null is the reference's NaN, where a map has no value above 0; ours is at -1 as the other refinements' is.
            double[] expected = [.. property.Value.EnumerateArray().SelectMany(place => place.EnumerateArray()).Select(v => v.ValueKind == JsonValueKind.Null ? -1 : v.GetDouble())];
            if (property.Name == "argmax_xy")
            {
                compare.Integers("argmax", [.. expected.Select(v => (int)v)], [.. points.SelectMany(p => (int[])[(int)p.X, (int)p.Y])]);
                compare.Numbers("values", values, [.. points.Select(p => (double)p.Score)], Comparison.Absolute, Comparison.Relative);
            }

            compare.Numbers(property.Name + ", cells", expected, [.. points.SelectMany(p => (double[])[p.X, p.Y])], Comparison.Pixels);
        }

        if (!root.TryGetProperty("simcc", out var simcc))
        {
            return;
        }

        for (int item = 0; item < simcc.GetProperty("x").GetArrayLength(); item++)
        {
            float[][] x = Rows(simcc.GetProperty("x")[item]), y = Rows(simcc.GetProperty("y")[item]);
            var points = Decode("simcc", """{"splitRatio": 1}""", x[0].Length, y[0].Length,
                ("x", [1, x.Length, x[0].Length], [.. x.SelectMany(v => v)]), ("y", [1, y.Length, y[0].Length], [.. y.SelectMany(v => v)]));
            compare.Integers("SimCC bins", [.. simcc.GetProperty("xy")[item].EnumerateArray().SelectMany(Numbers).Select(v => (int)v)], [.. points.SelectMany(p => (int[])[(int)p.X, (int)p.Y])]);
            compare.Numbers("SimCC scores", Numbers(simcc.GetProperty("score")[item]), [.. points.Select(p => (double)p.Score)], Comparison.Absolute, Comparison.Relative);
        }
    }

    private static void ByteTrack(JsonElement root, Comparison compare)
    {
        int number = 0;
        foreach (var sequence in root.GetProperty("sequences").EnumerateArray())
        {
            var tracker = new ByteTracker(new ByteTrackOptions
            {
                TrackThreshold = sequence.GetProperty("track_thresh").GetDouble(),
                TrackBuffer = sequence.GetProperty("track_buffer").GetInt32(),
                MatchThreshold = sequence.GetProperty("match_thresh").GetDouble(),
                FrameRate = sequence.GetProperty("frame_rate").GetDouble(),
            });
            List<int> ids = [], foundIds = [];
            List<double> boxes = [], foundBoxes = [], scores = [], foundScores = [];
            int frame = 0;
            foreach (var f in sequence.GetProperty("frames").EnumerateArray())
            {
                frame++;
                tracker.Update([.. f.GetProperty("detections_xyxy_score").EnumerateArray().Select((d, i) => Numbers(d) is var v ? new Observation(v[0], v[1], v[2], v[3], v[4], 0, i) : default)]);
                foreach (var t in f.GetProperty("tracks").EnumerateArray())
                {
                    ids.AddRange(frame, t.GetProperty("id").GetInt32());
                    boxes.AddRange(Numbers(t.GetProperty("tlwh")));
                    scores.Add(t.GetProperty("score").GetDouble());
                }

                for (int i = 0; i < tracker.Tracks.Length; i++)
                {
                    foundIds.AddRange(frame, tracker.Tracks[i].Id);
                    var (left, top, width, height) = tracker.GetExactBox(i);
                    foundBoxes.AddRange(left, top, width, height);
                    foundScores.Add(tracker.Tracks[i].Score);
                }
            }

            string which = $"of sequence {++number}: ";
            compare.Integers(which + "frames and ids", [.. ids], [.. foundIds]);
            compare.Numbers(which + "boxes, px", [.. boxes], [.. foundBoxes], Comparison.Pixels);
            compare.Numbers(which + "scores", [.. scores], [.. foundScores], Comparison.Absolute, Comparison.Relative);
        }
    }

    private static void Fusion(JsonElement root, Comparison compare)
    {
        int number = 0;
        foreach (var c in root.EnumerateArray())
        {
            var models = c.GetProperty("boxes").EnumerateArray().Select((boxes, m) => (IReadOnlyList<WeightedBoxFusion.FusedBox>)[.. boxes.EnumerateArray().Select((box, i) =>
                Numbers(box) is var b ? new WeightedBoxFusion.FusedBox(b[0], b[1], b[2], b[3], c.GetProperty("scores")[m][i].GetDouble(), c.GetProperty("labels")[m][i].GetInt32()) : default)]).ToArray();
            var fusion = new WeightedBoxFusion { Iou = c.GetProperty("iou_thr").GetDouble(), MinScore = c.GetProperty("skip_box_thr").GetDouble() };
            var fused = fusion.Run(models, Numbers(c.GetProperty("weights")));
            string which = $"of {++number}: ";
            compare.Integers(which + "labels", [.. Numbers(c.GetProperty("fused_labels")).Select(v => (int)v)], [.. fused.Select(f => f.ClassId)]);
            compare.Numbers(which + "scores", Numbers(c.GetProperty("fused_scores")), [.. fused.Select(f => f.Score)], Comparison.Absolute, Comparison.Relative);
            compare.Numbers(which + "boxes", [.. c.GetProperty("fused_boxes").EnumerateArray().SelectMany(Numbers)], [.. fused.SelectMany(f => (double[])[f.X1, f.Y1, f.X2, f.Y2])], Comparison.Absolute, Comparison.Relative);
        }
    }

    private static void OneEuro(JsonElement root, Comparison compare)
    {
        foreach (var c in root.EnumerateArray())
        {
            var filter = new OneEuroFilter(c.GetProperty("min_cutoff").GetDouble(), c.GetProperty("beta").GetDouble(), c.GetProperty("d_cutoff").GetDouble());
            double[] times = Numbers(c.GetProperty("t")), values = Numbers(c.GetProperty("x"));
            compare.Numbers($"min cutoff {c.GetProperty("min_cutoff")}, beta {c.GetProperty("beta")}", Numbers(c.GetProperty("filtered")), [.. times.Select((t, i) => filter.Filter(t, values[i]))], 1e-9);
        }
    }

    private static Keypoint[] Decode(string decoder, string parameters, int width, int height, params (string Name, long[] Shape, float[] Data)[] outputs)
    {
        var result = new VisionResult();
        DecoderCase.Create(decoder, DecoderCase.SpecOf(width, height, [], parameters), new DecoderOptions(0, 0.5f, 300, false), [.. outputs.Select(o => (o.Name, o.Shape))])
            .Decode(new ArrayTensorSet(outputs), 0, FrameTransform.Identity(width, height), result);
        return result.Detections.GetKeypoints(0).ToArray();
    }

    private static float[][] Rows(JsonElement list) => [.. list.EnumerateArray().Select(row => Numbers(row).Select(v => (float)v).ToArray())];

    private static double[] Numbers(JsonElement list) => [.. list.EnumerateArray().Select(e => e.GetDouble())];
}
