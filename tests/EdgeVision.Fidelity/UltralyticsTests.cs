using System.Globalization;
using System.Text.Json;
using EdgeVision.Fidelity.Goldens;
using EdgeVision.TestSupport;
using EdgeVision.TestSupport.Cli;
using Xunit;

namespace EdgeVision.Fidelity;

/// <summary>
/// <c>edgevision run --json -</c> on real Ultralytics exports against what Ultralytics itself returned. Pictures are
/// JPEGs and decoders differ by grey levels, hence pixels and hundredths; a detection whose score lies within the case's
/// margin of the threshold may fall either way.
/// </summary>
public sealed class UltralyticsTests
{
    private const double BoxTolerance = 0.5;
    private const double ScoreTolerance = 0.01;
    private const double KeypointTolerance = 0.5;
    private const double AngleTolerance = 0.01;
    private const double MaskIou = 0.99;

    public static TheoryData<string, string> Cases()
    {
        var data = new TheoryData<string, string>();
        if (GoldenFolder.TryPath() is { } folder && File.Exists(Path.Combine(folder, "ultralytics", "ultralytics.json")))
        {
            foreach (var c in Load(Path.Combine(folder, "ultralytics", "ultralytics.json")))
            {
                data.Add(c.GetProperty("model").GetString()!, c.GetProperty("image").GetString()!);
            }
        }
        else
        {
            data.Add("yolov8n", "yolov5_bus.jpg"); // skips with the reason
        }

        return data;
    }

    [Theory]
    [MemberData(nameof(Cases))]
    public void The_command_line_gives_what_Ultralytics_gives(string model, string image)
    {
        string file = GoldenFolder.At("ultralytics", "ultralytics.json"), folder = Path.GetDirectoryName(file)!;
        var compare = new Comparison($"{model}, {Path.GetFileNameWithoutExtension(image)}");
        var golden = Load(file).Single(c => c.GetProperty("model").GetString() == model && c.GetProperty("image").GetString() == image);
        string[] arguments = ["run", "--model", Path.Combine(folder, "models", model + ".onnx"), "--source", SharedData.Path("images", image), "--json", "-"];
        if (golden.TryGetProperty("conf", out var conf))
        {
            arguments = [.. arguments, "--conf", Text(conf), "--iou", Text(golden.GetProperty("iou")), "--max-detections", Text(golden.GetProperty("max_det"))];
        }

        var line = Assert.Single(CommandLine.Run(arguments).Json());
        if (golden.TryGetProperty("top5", out var top5))
        {
            int[] expected = [.. top5.EnumerateArray().Select(e => e[0].GetInt32()).Order()];
            int[] actual = [.. line.GetProperty("classes").EnumerateArray().Select(e => e.GetProperty("class_id").GetInt32()).Order()];
            compare.Integers("top 5", expected, actual);
            var scores = line.GetProperty("classes").EnumerateArray().ToDictionary(e => e.GetProperty("class_id").GetInt32(), e => e.GetProperty("score").GetDouble());
            compare.Within("scores", top5.EnumerateArray().Max(e => Math.Abs(e[1].GetDouble() - scores[e[0].GetInt32()])), ScoreTolerance);
            return;
        }

        Match(golden, [.. line.GetProperty("detections").EnumerateArray()], compare);
    }

    private static void Match(JsonElement golden, List<JsonElement> detections, Comparison compare)
    {
        double conf = golden.GetProperty("conf").GetDouble(), margin = golden.GetProperty("score_margin").GetDouble();
        bool rotated = golden.TryGetProperty("rboxes_xywhr", out var boxes);
        if (!rotated)
        {
            boxes = golden.GetProperty("boxes_xyxy");
        }

        var taken = new bool[detections.Count];
        int count = golden.GetProperty("count").GetInt32();
        Assert.Equal(count, boxes.GetArrayLength());
        int twins = 0;
        double worstBox = 0, worstScore = 0, worstPoint = 0, worstMask = 1, worstAngle = 0, worstVisibility = 0;
        for (int i = 0; i < count; i++)
        {
            double score = golden.GetProperty("scores")[i].GetDouble();
            int classId = golden.GetProperty("classes")[i].GetInt32();
            double[] box = Numbers(boxes[i]);
            int best = -1;
            double nearest = double.PositiveInfinity;
            for (int k = 0; k < detections.Count; k++)
            {
                var d = detections[k];
                double off = Math.Abs(d.GetProperty("score").GetDouble() - score), distance = Distance(box, Numbers(d.GetProperty(rotated ? "rbox" : "box")), rotated);
                if (!taken[k] && d.GetProperty("class_id").GetInt32() == classId && off <= ScoreTolerance && distance <= BoxTolerance && off + distance < nearest)
                {
                    (best, nearest) = (k, off + distance);
                }
            }

            if (best < 0 && !rotated && Twin(detections, taken, classId, score, box) is { } twin)
            {
                taken[twin] = true;
                twins++;
                continue;
            }

            if (best < 0)
            {
                Assert.True(Math.Abs(score - conf) <= margin, $"reference detection {i} (class {classId}, score {score}, [{string.Join(", ", box)}]) is not found among {detections.Count}");
                continue;
            }

            taken[best] = true;
            var found = detections[best];
            worstBox = Math.Max(worstBox, Distance(box, Numbers(found.GetProperty(rotated ? "rbox" : "box")), rotated));
            worstScore = Math.Max(worstScore, Math.Abs(found.GetProperty("score").GetDouble() - score));
            if (rotated)
            {
                worstAngle = Math.Max(worstAngle, Math.Abs(box[4] - Numbers(found.GetProperty("rbox"))[4]));
            }

            if (golden.TryGetProperty("keypoints", out var keypoints))
            {
                var points = found.GetProperty("keypoints");
                Assert.Equal(keypoints[i].GetArrayLength(), points.GetArrayLength());
                for (int p = 0; p < points.GetArrayLength(); p++)
                {
                    double[] a = Numbers(keypoints[i][p]), b = Numbers(points[p]);
                    worstPoint = Math.Max(worstPoint, Math.Max(Math.Abs(a[0] - b[0]), Math.Abs(a[1] - b[1])));
                    worstVisibility = Math.Max(worstVisibility, Math.Abs(a[2] - b[2]));
                }
            }

            if (golden.TryGetProperty("mask_area_at_input", out var areas))
            {
                long area = Decode(found.GetProperty("mask")).LongCount(p => p);
                Assert.Equal(areas[i].GetDouble(), area, Math.Max(2, 0.03 * areas[i].GetDouble()));
            }

            // The reference gives the run lengths of its best masks, and the areas of all.
            if (golden.TryGetProperty("mask_rle_at_input", out var masks) && i < masks.GetArrayLength())
            {
                worstMask = Math.Min(worstMask, Iou(Decode(masks[i]), Decode(found.GetProperty("mask"))));
            }
        }

        for (int k = 0; k < detections.Count; k++)
        {
            double score = detections[k].GetProperty("score").GetDouble();
            Assert.True(taken[k] || Math.Abs(score - conf) <= margin, $"detection {detections[k]} is in no reference");
        }

        compare.Within($"boxes, px [{count}]", worstBox, BoxTolerance);
        compare.Within("scores", worstScore, ScoreTolerance);
        compare.Within("boxes of the same score instead", twins, 1);
        if (rotated)
        {
            compare.Within("angles", worstAngle, AngleTolerance);
        }

        if (golden.TryGetProperty("keypoints", out _))
        {
            compare.Within("keypoints, px", worstPoint, KeypointTolerance);
            compare.Within("visibilities", worstVisibility, ScoreTolerance);
        }

        if (golden.TryGetProperty("mask_rle_at_input", out _))
        {
            compare.Within("masks, 1 - IoU", 1 - worstMask, 1 - MaskIou);
        }
    }

    // Two candidates of one class whose scores are neighbouring float32 numbers next to 1 suppress each other, and a last
    // bit of the network decides which stays: ours, with the same score to six digits and overlapping, is the same find.
    private static int? Twin(List<JsonElement> detections, bool[] taken, int classId, double score, double[] box)
    {
        for (int k = 0; k < detections.Count; k++)
        {
            double[] b = Numbers(detections[k].GetProperty("box"));
            double w = Math.Min(b[2], box[2]) - Math.Max(b[0], box[0]), h = Math.Min(b[3], box[3]) - Math.Max(b[1], box[1]);
            double inter = Math.Max(w, 0) * Math.Max(h, 0);
            double union = (b[2] - b[0]) * (b[3] - b[1]) + (box[2] - box[0]) * (box[3] - box[1]) - inter;
            if (!taken[k] && detections[k].GetProperty("class_id").GetInt32() == classId && Math.Abs(detections[k].GetProperty("score").GetDouble() - score) <= 1e-6 && inter / union > 0.45)
            {
                return k;
            }
        }

        return null;
    }

    private static double Distance(double[] a, double[] b, bool rotated)
    {
        double worst = 0;
        for (int i = 0; i < 4; i++)
        {
            worst = Math.Max(worst, Math.Abs(a[i] - b[i]));
        }

        return rotated && Math.Abs(a[4] - b[4]) > AngleTolerance ? double.PositiveInfinity : worst;
    }

    // COCO's compressed run lengths, written down here on its own so that the runtime's codec is not its own witness.
    private static bool[] Decode(JsonElement rle)
    {
        int height = rle.GetProperty("size")[0].GetInt32(), width = rle.GetProperty("size")[1].GetInt32();
        string text = rle.GetProperty("counts").GetString()!;
        var counts = new List<long>();
        for (int p = 0; p < text.Length;)
        {
            long x = 0;
            int k = 0;
            bool more = true;
            while (more)
            {
                long c = text[p++] - 48;
                x |= (c & 0x1f) << (5 * k);
                more = (c & 0x20) != 0;
                k++;
                if (!more && (c & 0x10) != 0)
                {
                    x |= -1L << (5 * k);
                }
            }

            if (counts.Count > 2)
            {
                x += counts[^2];
            }

            counts.Add(x);
        }

        var mask = new bool[height * width];
        int at = 0;
        bool value = false;
        foreach (long run in counts)
        {
            mask.AsSpan(at, (int)run).Fill(value);
            at += (int)run;
            value = !value;
        }

        Assert.Equal(mask.Length, at);
        return mask;
    }

    private static double Iou(bool[] a, bool[] b)
    {
        Assert.Equal(a.Length, b.Length);
        long both = 0, any = 0;
        for (int i = 0; i < a.Length; i++)
        {
            both += a[i] && b[i] ? 1 : 0;
            any += a[i] || b[i] ? 1 : 0;
        }

        return any == 0 ? 1 : (double)both / any;
    }

    private static double[] Numbers(JsonElement array) => [.. array.EnumerateArray().Select(e => e.GetDouble())];

    private static string Text(JsonElement number) => number.GetDouble().ToString("R", CultureInfo.InvariantCulture);

    private static JsonElement[] Load(string file) => [.. JsonDocument.Parse(File.ReadAllText(file)).RootElement.EnumerateArray()];
}
