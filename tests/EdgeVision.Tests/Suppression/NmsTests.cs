using System.Runtime.InteropServices;
using EdgeVision.Geometry;
using EdgeVision.Suppression;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Tests.Suppression;

/// <summary>Suppression against torchvision, OpenCV and a plain loop.</summary>
public sealed class NmsTests
{
    [Theory]
    [InlineData("nms_0")]
    [InlineData("nms_1")]
    [InlineData("nms_2")]
    [InlineData("nms_37")]
    [InlineData("nms_100")]
    [InlineData("nms_1000")] // the last that torchvision moves apart by class
    [InlineData("nms_5000")] // from here on it goes class by class
    [InlineData("nms_8400")]
    [InlineData("nms_ties_zero_area")] // equal scores, identical boxes, boxes without area
    public void Keeps_what_torchvision_keeps(string name)
    {
        var golden = Golden.Torchvision(name);
        var (boxes, scores) = Read(golden);
        float threshold = golden.Root.GetProperty("iou_threshold").GetSingle();
        var nms = new NonMaxSuppression();
        Assert.Equal(Ints(golden, "keep"), nms.Run(boxes, scores, threshold).ToArray());
        if (!golden.Root.TryGetProperty("keep_batched", out _))
        {
            return;
        }

        int[] labels = Ints(golden, "labels");
        float offset = boxes.Length is > 0 and <= 1000 ? boxes.Max(b => Math.Max(Math.Max(b.X1, b.Y1), Math.Max(b.X2, b.Y2))) + 1 : 0;
        int[] expected = Ints(golden, "keep_batched"), kept = nms.Run(boxes, scores, labels, offset, threshold).ToArray();
        if (boxes.Length > 1000)
        {
            // Class by class, torchvision sorts once more at the end, and not stably: equal scores come in any order.
            Assert.Equal(expected.Select(k => scores[k]), kept.Select(k => scores[k]));
            expected = [.. expected.OrderByDescending(k => scores[k]).ThenBy(k => k)];
        }

        Assert.Equal(expected, kept);
    }

    [Fact]
    public void Keeps_what_OpenCV_keeps_behind_its_score_gate()
    {
        var golden = Golden.Torchvision("nms_opencv");
        var (boxes, scores) = Read(golden);
        float gate = golden.Root.GetProperty("score_threshold").GetSingle();
        int[] passed = [.. Enumerable.Range(0, boxes.Length).Where(i => scores[i] > gate)];
        var kept = new NonMaxSuppression().Run([.. passed.Select(i => boxes[i])], [.. passed.Select(i => scores[i])], golden.Root.GetProperty("iou_threshold").GetSingle());
        Assert.Equal(Ints(golden, "keep"), kept.ToArray().Select(k => passed[k]));
    }

    [Fact]
    public void The_overlap_is_torchvision_s_to_the_last_bit()
    {
        // A pair stays together at a threshold of just its IoU, and not at the next float below.
        var golden = Golden.Torchvision("box_iou");
        Box[] a = Boxes(golden.Floats("a")), b = Boxes(golden.Floats("b"));
        float[] expected = golden.Floats("iou");
        var nms = new NonMaxSuppression();

        // Far boxes before the pair, so that it meets in a vector lane and in the remainder.
        foreach (int before in (int[])[0, 7])
        {
            Box[] boxes = [.. Enumerable.Range(0, before + 2).Select(i => new Box(-1e4f - 20 * i, 0, -1e4f - 20 * i + 10, 10))];
            float[] scores = [.. Enumerable.Range(0, before + 2).Select(i => 1f / (i + 1))];
            for (int i = 0; i < a.Length; i++)
            {
                for (int j = 0; j < b.Length; j++)
                {
                    (boxes[before], boxes[before + 1]) = (a[i], b[j]);
                    float iou = expected[i * b.Length + j];
                    Assert.Equal(before + 2, nms.Run(boxes, scores, iou).Length);
                    Assert.Equal(iou > 0 ? before + 1 : before + 2, nms.Run(boxes, scores, iou > 0 ? MathF.BitDecrement(iou) : 0).Length);
                }
            }
        }
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(3)]
    [InlineData(4)]
    [InlineData(5)]
    [InlineData(7)] // around the widths of vectors
    [InlineData(8)]
    [InlineData(9)]
    [InlineData(15)]
    [InlineData(16)]
    [InlineData(17)]
    [InlineData(63)]
    [InlineData(255)]
    [InlineData(513)]
    public void Lanes_and_remainder_agree_with_a_plain_loop(int count)
    {
        var random = new Random(count);
        var nms = new NonMaxSuppression();
        foreach (float side in (float[])[4, 20, 200]) // all kept, many kept, few kept
        {
            var boxes = new Box[count];
            var scores = new float[count];
            var classes = new int[count];
            for (int i = 0; i < count; i++)
            {
                float x = random.NextSingle() * 300, y = random.NextSingle() * 300;
                boxes[i] = new Box(x, y, x + random.NextSingle() * side, y + random.NextSingle() * side);
                scores[i] = MathF.Round(random.NextSingle(), 2); // ties
                classes[i] = random.Next(3);
            }

            foreach (float threshold in (float[])[0, 0.45f, 1])
            {
                Assert.Equal(Plain(boxes, scores, null, 0, threshold), nms.Run(boxes, scores, threshold).ToArray());
                Assert.Equal(Plain(boxes, scores, classes, 0, threshold), nms.Run(boxes, scores, classes, 0, threshold).ToArray());
                Assert.Equal(Plain(boxes, scores, classes, 7680, threshold), nms.Run(boxes, scores, classes, 7680, threshold).ToArray());
            }
        }
    }

    [Fact]
    public void Boxes_without_area_and_boxes_of_no_numbers_suppress_nothing()
    {
        Box point = new(5, 5, 5, 5), broken = new(float.NaN, 0, 10, 10);
        Box[] boxes = [.. Enumerable.Repeat(point, 10), .. Enumerable.Repeat(broken, 10)];
        float[] scores = [.. Enumerable.Repeat(0.5f, 20)];
        Assert.Equal(Enumerable.Range(0, 20), new NonMaxSuppression().Run(boxes, scores, 0).ToArray());
    }

    [Fact]
    public void At_equal_scores_the_lower_index_wins_and_the_sign_of_zero_is_no_difference()
    {
        Box[] boxes = [new(0, 0, 10, 10), new(0, 0, 10, 10), new(20, 0, 30, 10), new(40, 0, 50, 10)];
        Assert.Equal([3, 0, 2], new NonMaxSuppression().Run(boxes, [-0f, 0f, -1, 2], 0.5f).ToArray());
    }

    [Fact]
    public void Limits_count_kept_boxes_and_considered_ones()
    {
        Box[] boxes = [.. Enumerable.Range(0, 20).Select(i => new Box(i / 2 * 20, 0, i / 2 * 20 + 10, 10))]; // ten pairs
        float[] scores = [.. Enumerable.Range(0, 20).Select(i => 1f - i * 0.01f)];
        var nms = new NonMaxSuppression();
        Assert.Equal([0, 2, 4], nms.Run(boxes, scores, 0.5f, limit: 3).ToArray());
        Assert.Equal([0, 2], nms.Run(boxes, scores, 0.5f, maxCandidates: 4).ToArray());
        Assert.Equal([], nms.Run(boxes, scores, 0.5f, limit: 0).ToArray());
    }

    [Fact]
    public void Arrays_of_different_lengths_are_refused()
    {
        var nms = new NonMaxSuppression();
        Assert.Throws<ArgumentException>(() => nms.Run(new Box[2], new float[3], 0.5f).Length);
        Assert.Throws<ArgumentException>(() => nms.Run(new Box[2], new float[2], new int[1], 0, 0.5f).Length);
    }

    [Theory]
    [InlineData(255)] // sorted by comparison
    [InlineData(256)] // and digit by digit
    [InlineData(511)]
    [InlineData(512)] // in strips
    [InlineData(3000)]
    public void Many_boxes_with_ties_are_suppressed_as_a_plain_loop_does_it(int count)
    {
        var random = new Random(count);
        var boxes = new Box[count];
        float[] scores = new float[count];
        for (int i = 0; i < count; i++)
        {
            // Sides from tiny to large, some of none; a coarse grid, so that boxes coincide and overlaps stand at the threshold.
            float x = random.Next(40) * 8, y = random.Next(40) * 8, w = random.Next(6) * 8, h = random.Next(6) * 8;
            boxes[i] = new Box(x, y, x + w, y + h);
            scores[i] = random.Next(4) switch { 0 => -random.NextSingle(), 1 => random.Next(3) / 2f, 2 => random.NextSingle() * 1e-30f, _ => random.NextSingle() };
        }

        int[] order = [.. Enumerable.Range(0, count).OrderByDescending(i => scores[i])];
        foreach (float threshold in (float[])[0f, 0.25f, 0.5f, 0.9f])
        {
            List<int> kept = [];
            foreach (int i in order)
            {
                if (!kept.Exists(k => BoxOverlap.Iou(boxes[k], boxes[i]) > threshold))
                {
                    kept.Add(i);
                }
            }

            Assert.Equal(kept, new NonMaxSuppression().Run(boxes, scores, threshold).ToArray());
        }
    }

    [Theory]
    [InlineData(0f)] // classes compared
    [InlineData(7680f)] // classes moved apart
    [InlineData(3f)] // moved onto each other
    public void Many_boxes_of_all_kinds_are_suppressed_as_a_plain_loop_does_it(float offset)
    {
        var random = new Random(17);
        const int Count = 1500;
        var boxes = new Box[Count];
        float[] scores = new float[Count];
        int[] classes = new int[Count];
        for (int i = 0; i < Count; i++)
        {
            float x = random.NextSingle() * 300 - 50, y = random.NextSingle() * 300 - 50, w = random.NextSingle() * 80, h = random.NextSingle() * 80;
            boxes[i] = random.Next(40) switch
            {
                0 => new Box(x, y, float.NaN, y + h),
                1 => new Box(float.NaN, y, x + w, y + h),
                2 => new Box(x + w, y, x, y + h), // inside out
                3 => new Box(-300, y, 600, y + h), // across everything
                _ => new Box(x, y, x + w, y + h),
            };
            (scores[i], classes[i]) = (random.NextSingle(), random.Next(4));
        }

        foreach (bool huge in (bool[])[false, true])
        {
            boxes[7] = huge ? new Box(float.NegativeInfinity, 0, 3e38f, 50) : boxes[8];
            List<int> kept = [];
            foreach (int i in Enumerable.Range(0, Count).OrderByDescending(i => scores[i]))
            {
                if (!kept.Exists(k => (offset != 0 || classes[k] == classes[i]) && BoxOverlap.Iou(Moved(k), Moved(i)) > 0.4f))
                {
                    kept.Add(i);
                }
            }

            Assert.Equal(kept, new NonMaxSuppression().Run(boxes, scores, classes, offset, 0.4f).ToArray());
            Assert.Equal(kept.Take(9), new NonMaxSuppression().Run(boxes, scores, classes, offset, 0.4f, limit: 9).ToArray());
        }

        Box Moved(int i) => classes[i] * offset is var s ? new Box(boxes[i].X1 + s, boxes[i].Y1 + s, boxes[i].X2 + s, boxes[i].Y2 + s) : default;
    }

    [Fact]
    public void Nothing_is_allocated_once_buffers_have_grown()
    {
        var random = new Random(1);
        var boxes = new Box[1000];
        var scores = new float[1000];
        var classes = new int[1000];
        for (int i = 0; i < boxes.Length; i++)
        {
            float x = random.NextSingle() * 300, y = random.NextSingle() * 300;
            boxes[i] = new Box(x, y, x + 30, y + 30);
            scores[i] = random.NextSingle();
            classes[i] = random.Next(80);
        }

        var nms = new NonMaxSuppression();
        int kept = 0;
        Assert.Equal(0, Allocations.Of(() => kept = nms.Run(boxes, scores, classes, 7680, 0.5f).Length));
        Assert.InRange(kept, 100, 1000);
    }

    private static int[] Plain(Box[] boxes, float[] scores, int[]? classes, float offset, float threshold)
    {
        var kept = new List<int>();
        foreach (int i in Enumerable.Range(0, boxes.Length).OrderByDescending(i => scores[i])) // stable
        {
            bool goes = false;
            foreach (int k in kept)
            {
                float si = classes is null ? 0 : classes[i] * offset, sk = classes is null ? 0 : classes[k] * offset;
                Box p = new(boxes[k].X1 + sk, boxes[k].Y1 + sk, boxes[k].X2 + sk, boxes[k].Y2 + sk);
                Box q = new(boxes[i].X1 + si, boxes[i].Y1 + si, boxes[i].X2 + si, boxes[i].Y2 + si);
                float w = Math.Max(Math.Min(p.X2, q.X2) - Math.Max(p.X1, q.X1), 0), h = Math.Max(Math.Min(p.Y2, q.Y2) - Math.Max(p.Y1, q.Y1), 0);
                float overlap = w * h / (p.Width * p.Height + q.Width * q.Height - w * h);
                goes |= overlap > threshold && (classes is null || offset != 0 || classes[i] == classes[k]);
            }

            if (!goes)
            {
                kept.Add(i);
            }
        }

        return [.. kept];
    }

    private static (Box[] Boxes, float[] Scores) Read(Golden golden) => (Boxes(golden.Floats("boxes_xyxy")), golden.Floats("scores"));

    private static Box[] Boxes(float[] corners) => MemoryMarshal.Cast<float, Box>(corners).ToArray();

    private static int[] Ints(Golden golden, string name) => [.. MemoryMarshal.Cast<byte, long>(golden.Bytes(name)).ToArray().Select(v => (int)v)];
}
