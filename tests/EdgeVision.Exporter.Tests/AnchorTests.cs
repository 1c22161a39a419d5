using EdgeVision.Exporter.Training;

namespace EdgeVision.Exporter.Tests;

public class AnchorTests
{
    [Fact]
    public void BaseAnchorsAreTorchvisions()
    {
        var anchors = new AnchorGenerator([8], [[32, 40, 50]], [0.5f, 1, 2]);
        Assert.Equal(
        [
            new(-23, -11, 23, 11), new(-28, -14, 28, 14), new(-35, -18, 35, 18),
            new(-16, -16, 16, 16), new(-20, -20, 20, 20), new(-25, -25, 25, 25),
            new(-11, -23, 11, 23), new(-14, -28, 14, 28), new(-18, -35, 18, 35),
        ], anchors.GetBaseAnchors(0));
        // 101 / 2 = 50.5 goes to the even 50.
        Assert.Equal(new Box(-50, -50, 50, 50), new AnchorGenerator([8], [[101]], [1]).GetBaseAnchors(0).Single());
    }

    [Fact]
    public void AnchorsAreOrderedByLevelRowColumnAnchor()
    {
        var anchors = new AnchorGenerator([8, 16], [[8, 16], [32, 64]], [1]).Generate(width: 32, height: 16);
        Assert.Equal(2 * (2 * 4) + 2 * (1 * 2), anchors.Length);
        Assert.Equal(new Box(-8, -8, 8, 8), anchors[1]);          // second size at the corner of the first cell
        Assert.Equal(new Box(4, -4, 12, 4), anchors[2]);          // one stride to the right
        Assert.Equal(new Box(-4, 4, 4, 12), anchors[2 * 4]);      // second row
        Assert.Equal(new Box(0, -16, 32, 16), anchors[16 + 2]);   // second level, second column
    }

    [Fact]
    public void MatchingFollowsTheThresholds()
    {
        Box target = new(0, 0, 10, 10);
        Box[] anchors =
        [
            new(0, 0, 10, 10),    // IoU 1
            new(0, 0, 10, 5.5f),  // 0.55: foreground
            new(0, 0, 10, 4.5f),  // 0.45: between
            new(0, 0, 10, 3.5f),  // 0.35: background
            new(50, 50, 60, 60),  // 0
        ];
        Assert.Equal([0, 0, AnchorMatcher.Ignored, AnchorMatcher.Background, AnchorMatcher.Background], AnchorMatcher.Match(anchors, [target]));
        Assert.All(AnchorMatcher.Match(anchors, []), m => Assert.Equal(AnchorMatcher.Background, m));
    }

    [Fact]
    public void AnObjectThatNoAnchorFitsGetsItsBestOnes()
    {
        Box[] anchors = [new(0, 0, 10, 10), new(20, 0, 30, 10), new(0, 0, 4, 10)];
        // 4 x 2 lies in the first and, better, in the third anchor.
        Assert.Equal([AnchorMatcher.Background, AnchorMatcher.Background, 0], AnchorMatcher.Match(anchors, [new Box(0, 0, 4, 2)]));
    }

    [Fact]
    public void DecodingUndoesEncoding()
    {
        Box anchor = new(10, 20, 42, 36), box = new(15, 12, 60, 40);
        var (dx, dy, dw, dh) = AnchorBoxCoder.Encode(anchor, box);
        var back = AnchorBoxCoder.Decode(anchor, [dx, dy, dw, dh]);
        Assert.Equal(box.X1, back.X1, 4);
        Assert.Equal(box.Y1, back.Y1, 4);
        Assert.Equal(box.X2, back.X2, 4);
        Assert.Equal(box.Y2, back.Y2, 4);
        Assert.Equal(32 * 1000f / 16, AnchorBoxCoder.Decode(anchor, [0, 0, 99, 0]).Width, 1); // growth is limited
    }
}
