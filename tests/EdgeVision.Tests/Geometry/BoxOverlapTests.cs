using EdgeVision.Geometry;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Tests.Geometry;

/// <summary>Overlaps of upright boxes against torchvision.</summary>
public sealed class BoxOverlapTests
{
    [Fact]
    public void Equals_torchvision()
    {
        var golden = SmallGolden.Read("box_overlap");
        Box[] boxes = [.. SmallGolden.Floats(golden, "boxes").Chunk(4).Select(v => new Box(v[0], v[1], v[2], v[3]))];
        float[] iou = SmallGolden.Floats(golden, "iou"), giou = SmallGolden.Floats(golden, "giou"), diou = SmallGolden.Floats(golden, "diou");
        for (int i = 0; i < boxes.Length; i++)
        {
            for (int j = 0; j < boxes.Length; j++)
            {
                int at = i * boxes.Length + j;
                Assert.Equal(iou[at], BoxOverlap.Iou(boxes[i], boxes[j]));
                Assert.Equal(giou[at], BoxOverlap.GeneralizedIou(boxes[i], boxes[j]), 1e-6f);
                Assert.Equal(diou[at], BoxOverlap.DistanceIou(boxes[i], boxes[j]), 1e-6f);
            }
        }
    }
}
