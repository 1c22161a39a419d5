using EdgeVision.Suppression;
using Xunit;

namespace EdgeVision.Tests.Suppression;

/// <summary>DIoU-NMS against the paper's formula written plainly.</summary>
public sealed class DistanceNmsTests
{
    [Theory]
    [InlineData(0.5f, false)]
    [InlineData(0.2f, true)]
    [InlineData(-0.3f, false)] // even boxes that do not meet
    public void Equals_a_plain_loop(float threshold, bool byClass)
    {
        var nms = new DistanceNms();
        int gone = 0;
        foreach (var (kind, boxes, scores, classes) in RandomBoxes.All())
        {
            var kept = new List<int>();
            foreach (int i in Enumerable.Range(0, boxes.Length).OrderByDescending(i => scores[i]))
            {
                if (kept.All(k => byClass && classes[k] != classes[i] || !(Diou(boxes[k], boxes[i]) > threshold)))
                {
                    kept.Add(i);
                }
            }

            Assert.True(kept.SequenceEqual(nms.Run(boxes, scores, byClass ? classes : default, threshold).ToArray()), kind);
            Assert.Equal(kept.Take(3), nms.Run(boxes, scores, byClass ? classes : default, threshold, 3).ToArray());
            gone += boxes.Length - kept.Count;
        }

        Assert.True(gone > 50, $"only {gone} boxes gone");
    }

    [Fact]
    public void Boxes_that_overlap_alike_stay_where_their_centres_lie_apart()
    {
        // A tall box and one over its lower half: IoU 0.5, centres 5 of a hull's diagonal of 22 apart.
        Box[] boxes = [new(0, 0, 10, 20), new(0, 10, 10, 20)];
        Assert.Equal([0], new NonMaxSuppression().Run(boxes, [0.9f, 0.8f], 0.46f).ToArray());
        Assert.Equal([0, 1], new DistanceNms().Run(boxes, [0.9f, 0.8f], default, 0.46f).ToArray());
    }

    private static float Diou(Box a, Box b)
    {
        float cx = (a.X1 + a.X2) / 2 - (b.X1 + b.X2) / 2, cy = (a.Y1 + a.Y2) / 2 - (b.Y1 + b.Y2) / 2;
        float w = Math.Max(a.X2, b.X2) - Math.Min(a.X1, b.X1), h = Math.Max(a.Y2, b.Y2) - Math.Min(a.Y1, b.Y1);
        return RandomBoxes.Iou(a, b) - (cx * cx + cy * cy) / (w * w + h * h + 1e-7f);
    }
}
