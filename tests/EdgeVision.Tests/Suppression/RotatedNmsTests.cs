using EdgeVision.Suppression;
using Xunit;

namespace EdgeVision.Tests.Suppression;

/// <summary>Suppression of oriented boxes: Ultralytics' fast_nms with ProbIoU, and the greedy one with exact overlaps, against plain code in double.</summary>
public sealed class RotatedNmsTests
{
    [Theory]
    [InlineData(0.3f, 7680f)]
    [InlineData(0.5f, 0f)] // classes compared
    [InlineData(0.1f, -1f)] // across classes
    public void Ultralytics_lets_a_suppressed_box_suppress(float threshold, float offset)
    {
        var nms = new RotatedNms();
        int differs = 0;
        for (int seed = 0; seed < 30; seed++)
        {
            var (boxes, scores, classes) = Some(seed);
            int[] order = [.. Enumerable.Range(0, boxes.Length).OrderByDescending(i => scores[i])];
            bool Meets(int a, int b) => (offset < 0 || classes[a] == classes[b]) && ProbIou(boxes[a], boxes[b]) >= threshold;
            int[] expected = [.. order.Where((i, at) => order[..at].All(better => !Meets(better, i)))];
            var greedy = new List<int>();
            foreach (int i in order.Where(i => greedy.All(k => !Meets(k, i))))
            {
                greedy.Add(i);
            }

            int[] kept = nms.Run(boxes, scores, offset < 0 ? default : classes, Math.Max(offset, 0), threshold).ToArray();
            Assert.Equal(expected, kept);
            Assert.Equal(expected.Take(3), nms.Run(boxes, scores, offset < 0 ? default : classes, Math.Max(offset, 0), threshold, limit: 3).ToArray());
            differs += greedy.Count - kept.Length;
        }

        Assert.True(differs > 0, "a greedy suppression would give the same");
    }

    [Fact]
    public void Candidates_are_the_best_alone()
    {
        var (boxes, scores, _) = Some(40);
        int[] best = [.. Enumerable.Range(0, boxes.Length).OrderByDescending(i => scores[i]).Take(10)];
        int[] kept = new RotatedNms().Run(boxes, scores, default, 0, 0.3f, maxCandidates: 10).ToArray();
        Assert.Equal(new RotatedNms().Run([.. best.Select(i => boxes[i])], [.. best.Select(i => scores[i])], default, 0, 0.3f).ToArray().Select(k => best[k]), kept);
    }

    [Theory]
    [InlineData(0.2f, 0f)]
    [InlineData(0.5f, 100f)]
    [InlineData(0.4f, -1f)]
    public void The_greedy_one_compares_rectangles_with_what_stays(float threshold, float offset)
    {
        var nms = new RotatedNms(RotatedNmsConvention.Greedy);
        for (int seed = 0; seed < 20; seed++)
        {
            var (boxes, scores, classes) = Some(seed);

            // Right angles alone, so that the overlap is that of upright boxes.
            boxes = [.. boxes.Select((b, i) => b with { Angle = i % 2 * MathF.PI / 2 })];
            static Box Upright(RotatedBox b) => b.Angle == 0
                ? new Box(b.CenterX - b.Width / 2, b.CenterY - b.Height / 2, b.CenterX + b.Width / 2, b.CenterY + b.Height / 2)
                : new Box(b.CenterX - b.Height / 2, b.CenterY - b.Width / 2, b.CenterX + b.Height / 2, b.CenterY + b.Width / 2);
            var kept = new List<int>();
            foreach (int i in Enumerable.Range(0, boxes.Length).OrderByDescending(i => scores[i]))
            {
                if (kept.All(k => offset >= 0 && classes[k] != classes[i] || !(RandomBoxes.Iou(Upright(boxes[k]), Upright(boxes[i])) > threshold)))
                {
                    kept.Add(i);
                }
            }

            Assert.Equal(kept, nms.Run(boxes, scores, offset < 0 ? default : classes, Math.Max(offset, 0), threshold).ToArray());
        }
    }

    [Fact]
    public void Broken_lists_are_refused_and_none_give_none()
    {
        Assert.Throws<ArgumentException>(() => new RotatedNms().Run(new RotatedBox[2], new float[1], default, 0, 0.5f).Length);
        Assert.Throws<ArgumentException>(() => new RotatedNms().Run(new RotatedBox[2], new float[2], new int[1], 0, 0.5f).Length);
        Assert.Equal(0, new RotatedNms().Run([], [], default, 0, 0.5f).Length);
    }

    private static (RotatedBox[] Boxes, float[] Scores, int[] Classes) Some(int seed)
    {
        var random = new Random(seed);
        int count = random.Next(20, 60);
        return ([.. Enumerable.Range(0, count).Select(_ => new RotatedBox(random.NextSingle() * 60, random.NextSingle() * 60, 4 + random.NextSingle() * 30, 4 + random.NextSingle() * 12, random.NextSingle() * MathF.PI))],
            [.. Enumerable.Range(0, count).Select(i => seed % 2 == 0 ? random.NextSingle() : random.Next(4) / 4f)], [.. Enumerable.Range(0, count).Select(_ => random.Next(3))]);
    }

    // ultralytics/utils/metrics.py, probiou, in double.
    internal static double ProbIou(RotatedBox p, RotatedBox q)
    {
        static (double A, double B, double C) Covariance(RotatedBox v)
        {
            double a = (double)v.Width * v.Width / 12, b = (double)v.Height * v.Height / 12, cos = Math.Cos(v.Angle), sin = Math.Sin(v.Angle);
            return (a * cos * cos + b * sin * sin, a * sin * sin + b * cos * cos, (a - b) * cos * sin);
        }

        const double eps = 1e-7;
        var (a1, b1, c1) = Covariance(p);
        var (a2, b2, c2) = Covariance(q);
        double dx = p.CenterX - q.CenterX, dy = p.CenterY - q.CenterY, d = (a1 + a2) * (b1 + b2) - (c1 + c2) * (c1 + c2);
        double t1 = ((a1 + a2) * dy * dy + (b1 + b2) * dx * dx) / (d + eps) / 4;
        double t2 = (c1 + c2) * -dx * dy / (d + eps) / 2;
        double t3 = Math.Log(d / (4 * Math.Sqrt(Math.Max(a1 * b1 - c1 * c1, 0) * Math.Max(a2 * b2 - c2 * c2, 0)) + eps) + eps) / 2;
        return 1 - Math.Sqrt(1 - Math.Exp(-Math.Clamp(t1 + t2 + t3, eps, 100)) + eps);
    }
}
