using EdgeVision.Suppression;
using Xunit;

namespace EdgeVision.Tests.Suppression;

/// <summary>Matrix NMS against SOLOv2's matrices written plainly.</summary>
public sealed class MatrixNmsTests
{
    [Theory]
    [InlineData(true, 2f, 0.05f, false)]
    [InlineData(true, 0.5f, 0.2f, true)]
    [InlineData(false, 2f, 0.05f, true)]
    [InlineData(false, 2f, 0f, false)]
    public void Equals_the_plain_matrices(bool gaussian, float sigma, float score, bool byClass)
    {
        var nms = new MatrixNms(gaussian, sigma, score);
        int lowered = 0;
        foreach (var (kind, boxes, scores, classes) in RandomBoxes.All())
        {
            int n = boxes.Length;
            int[] order = [.. Enumerable.Range(0, n).OrderByDescending(i => scores[i])];

            // solov2: the upper triangle of overlaps of one class, its greatest by column, then the least decay by column.
            double[,] iou = new double[n, n];
            double[] most = new double[n];
            for (int j = 0; j < n; j++)
            {
                for (int i = 0; i < j; i++)
                {
                    float overlap = RandomBoxes.Iou(boxes[order[i]], boxes[order[j]]);
                    iou[i, j] = float.IsNaN(overlap) || byClass && classes[order[i]] != classes[order[j]] ? 0 : overlap;
                    most[j] = Math.Max(most[j], iou[i, j]);
                }
            }

            var expected = new List<(int Index, double Score)>();
            for (int j = 0; j < n; j++)
            {
                double decay = 1;
                for (int i = 0; i < j; i++)
                {
                    decay = Math.Min(decay, gaussian ? Math.Exp(-sigma * iou[i, j] * iou[i, j]) / Math.Exp(-sigma * most[i] * most[i]) : most[i] >= 1 ? 1 : (1 - iou[i, j]) / (1 - most[i]));
                }

                expected.Add((order[j], scores[order[j]] * decay));
            }

            int[] kept = nms.Run(boxes, scores, byClass ? classes : default).ToArray();
            float[] got = nms.Scores.ToArray();
            var byIndex = expected.ToDictionary(v => v.Index, v => v.Score);
            for (int k = 0; k < kept.Length; k++)
            {
                Assert.True(Math.Abs(byIndex[kept[k]] - got[k]) < 1e-5, $"{kind}: {got[k]} is not {byIndex[kept[k]]}");
                Assert.True(k == 0 || got[k] <= got[k - 1], kind);
            }

            // All above the threshold stay; one on it may go either way.
            Assert.All(expected.Where(v => v.Score > score + 1e-5), v => Assert.Contains(v.Index, kept));
            Assert.All(expected.Where(v => v.Score < score - 1e-5), v => Assert.DoesNotContain(v.Index, kept));
            Assert.Equal(kept, nms.Run((a, b) => RandomBoxes.Iou(boxes[a], boxes[b]), scores, byClass ? classes : default).ToArray());
            lowered += expected.Count(v => v.Score < scores[v.Index]);
        }

        Assert.True(lowered > 100, $"only {lowered} scores were lowered");
    }

    [Fact]
    public void Impossible_options_are_refused()
    {
        Assert.Throws<ArgumentOutOfRangeException>(() => new MatrixNms(sigma: 0));
        Assert.Throws<ArgumentOutOfRangeException>(() => new MatrixNms(score: float.NaN));
        Assert.Throws<ArgumentException>(() => new MatrixNms().Run(new Box[2], new float[1]).Length);
    }
}
