using EdgeVision.Suppression;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Tests.Suppression;

/// <summary>Soft-NMS against the paper's loop written plainly, and against OpenCV.</summary>
public sealed class SoftNmsTests
{
    [Theory]
    [InlineData(SoftNmsDecay.Linear, 0.3f, 0.5f, 0.001f, false)]
    [InlineData(SoftNmsDecay.Linear, 0f, 0.5f, 0.2f, true)]
    [InlineData(SoftNmsDecay.Gaussian, 0.3f, 0.5f, 0.001f, false)] // the paper's
    [InlineData(SoftNmsDecay.Gaussian, 0.3f, 0.1f, 0.3f, true)]
    public void Equals_the_plain_loop(SoftNmsDecay decay, float iou, float sigma, float score, bool byClass)
    {
        var nms = new SoftNms(decay, iou, sigma, score);
        int left = 0;
        foreach (var (kind, boxes, scores, classes) in RandomBoxes.All())
        {
            // The best is sought again at every step, the first of equals.
            var open = Enumerable.Range(0, boxes.Length).Where(i => scores[i] > score).Select(i => (Index: i, Score: scores[i])).ToList();
            var expected = new List<(int Index, float Score)>();
            while (open.Count > 0)
            {
                var best = open[0];
                foreach (var candidate in open)
                {
                    best = candidate.Score > best.Score ? candidate : best;
                }

                expected.Add(best);
                open = [.. open.Where(v => v.Index != best.Index).Select(v => (v.Index, Lowered(v, best.Index))).Where(v => v.Item2 > score)];
            }

            float Lowered((int Index, float Score) v, int best)
            {
                float overlap = byClass && classes[best] != classes[v.Index] ? 0 : RandomBoxes.Iou(boxes[best], boxes[v.Index]);
                return float.IsNaN(overlap) ? v.Score : decay == SoftNmsDecay.Linear ? overlap > iou ? v.Score * (1 - overlap) : v.Score : v.Score * MathF.Exp(-(overlap * overlap) / sigma);
            }

            int[] kept = nms.Run(boxes, scores, byClass ? classes : default).ToArray();
            Assert.True(expected.Select(v => v.Index).SequenceEqual(kept), kind);
            Assert.Equal(expected.Select(v => v.Score), nms.Scores.ToArray());
            Assert.Equal(expected.Take(2).Select(v => v.Index), nms.Run(boxes, scores, byClass ? classes : default, 2).ToArray());
            left += boxes.Length - kept.Length;
        }

        Assert.True(left > 10, $"only {left} boxes left");
    }

    [Fact]
    public void Equals_OpenCV()
    {
        foreach (var golden in SmallGolden.Read("soft_nms").GetProperty("cases").EnumerateArray())
        {
            var nms = new SoftNms(golden.GetProperty("gaussian").GetBoolean() ? SoftNmsDecay.Gaussian : SoftNmsDecay.Linear,
                golden.GetProperty("iou").GetSingle(), golden.GetProperty("sigma").GetSingle(), golden.GetProperty("score").GetSingle());
            Assert.Equal(SmallGolden.Ints(golden, "keep"), nms.Run(SmallGolden.BoxesOfSides(golden, "boxes_xywh"), SmallGolden.Floats(golden, "scores")).ToArray());
            float[] lowered = SmallGolden.Floats(golden, "lowered");
            for (int i = 0; i < lowered.Length; i++)
            {
                Assert.Equal(lowered[i], nms.Scores[i], 1e-6f);
            }
        }
    }

    [Fact]
    public void Scores_of_no_number_leave_at_once()
    {
        Assert.Equal([1], new SoftNms(SoftNmsDecay.Gaussian).Run([new(0, 0, 1, 1), new(0, 0, 1, 1)], [float.NaN, 0.5f]).ToArray());
        Assert.Throws<ArgumentOutOfRangeException>(() => new SoftNms(SoftNmsDecay.Linear, sigma: 0));
        Assert.Throws<ArgumentException>(() => new SoftNms(SoftNmsDecay.Linear).Run(new Box[2], new float[1]).Length);
    }
}
