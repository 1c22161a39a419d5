using EdgeVision.Decoding;
using EdgeVision.Decoding.Yolo;
using EdgeVision.Tensors;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Tests.Decoding;

/// <summary>The YOLO decoders against plain loops that follow Ultralytics 8.3 line by line.</summary>
public sealed class YoloDflDecoderTests
{
    [Theory]
    [InlineData(1, 1)] // anchors around the widths of vectors
    [InlineData(7, 2)]
    [InlineData(8, 80)]
    [InlineData(15, 3)]
    [InlineData(17, 5)]
    [InlineData(64, 1)]
    [InlineData(531, 80)]
    public void The_scan_finds_what_a_plain_loop_finds(int anchors, int classes)
    {
        var random = new Random(anchors);
        float[] data = DecoderCase.Values(random, [4 + classes, anchors], (r, i) => i < 4 * anchors ? 10 + r.NextSingle() * 30 : MathF.Round(r.NextSingle(), 1)); // ties
        var candidates = new YoloCandidates("rows", new DecoderOptions(0.5f, 0.45f, 300, false));
        candidates.Scan(data, classes, anchors);
        int k = 0;
        for (int a = 0; a < anchors; a++)
        {
            int best = Enumerable.Range(0, classes).MaxBy(c => data[(4 + c) * anchors + a]); // the first of equal ones
            float score = data[(4 + best) * anchors + a];
            if (score > 0.5f) // strictly
            {
                Assert.Equal((a, best, score), (candidates.AnchorIndices[k], candidates.ClassIds[k], candidates.Scores[k]));
                Assert.Equal(data[a] - data[2 * anchors + a] / 2, candidates.Boxes[k].X1);
                Assert.Equal(data[anchors + a] + data[3 * anchors + a] / 2, candidates.Boxes[k].Y2);
                k++;
            }
        }

        Assert.Equal(k, candidates.Count);
    }

    [Fact]
    public void Boxes_go_back_through_the_letterbox_and_end_at_the_frame()
    {
        // 64 x 64 input of a 200 x 100 frame: gain 0.32, 16 rows of padding above.
        var c = DecoderCase.Of("yolo-dfl");
        float[] data = [32, 32, 20, 10, 0.1f, 0.9f, 0.2f, 2, 20, 20, 20, 0.8f, 0, 0];
        float[] columns = [.. Enumerable.Range(0, 7).SelectMany(row => (float[])[data[row], data[7 + row]])];
        var decoder = DecoderCase.Create(c.Decoder, c.Spec, c.Options, ("rows", [1, 7, -1]));
        var result = new VisionResult();
        decoder.Decode(new ArrayTensorSet(("rows", [1, 7, 2], columns)), 0, c.Transform, result);
        Assert.Equal(2, result.Detections.Count);
        Assert.Equal(1, result.Detections.ClassIds[0]);
        Assert.Equal(0, Reference.Distance(new Box(22 / 0.32f, 11 / 0.32f, 42 / 0.32f, 21 / 0.32f), result.Detections.Boxes[0]), 1e-4f);
        Assert.Equal(0, Reference.Distance(new Box(0, 0, 12 / 0.32f, 14 / 0.32f), result.Detections.Boxes[1]), 1e-4f);
    }

    [Fact]
    public void Classes_do_not_suppress_each_other_unless_asked()
    {
        float[] rows = [30, 30.5f, 30, 30, 20, 20, 20, 20, 0.9f, 0, 0, 0.8f, 0, 0]; // the same place, two classes
        var outputs = new ArrayTensorSet(("rows", [1, 7, 2], rows));
        var c = DecoderCase.Of("yolo-dfl");
        foreach (bool agnostic in (bool[])[false, true])
        {
            var result = new VisionResult();
            DecoderCase.Create(c.Decoder, c.Spec, c.Options with { ClassAgnostic = agnostic }, ("rows", [1, 7, -1])).Decode(outputs, 0, c.Transform, result);
            Assert.Equal(agnostic ? 1 : 2, result.Detections.Count);
        }
    }

    [Fact]
    public void Keypoints_leave_the_unrounded_pad_and_end_at_the_frame()
    {
        var c = DecoderCase.Of("yolo-dfl-pose");
        var transform = c.Transform with { ExactPadY = 16.25f };
        float[] rows = [32, 32, 20, 20, 0.9f, 32, 32, 0.7f, -5, 99, 0.1f];
        var result = new VisionResult();
        DecoderCase.Create(c.Decoder, c.Spec, c.Options, ("rows", [1, 11, 1])).Decode(new ArrayTensorSet(("rows", [1, 11, 1], rows)), 0, transform, result);
        var points = result.Detections.GetKeypoints(0);
        Assert.Equal(100, points[0].X, 1e-4f);
        Assert.Equal((32 - 16.25f) / 0.32f, points[0].Y, 1e-4f);
        Assert.Equal(0.7f, points[0].Score);
        Assert.Equal((0, 100), (points[1].X, points[1].Y));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Masks_are_those_of_the_whole_plane(int seed)
    {
        // process_mask: all of coefficients @ prototypes, crop_mask, bilinear to the whole input, above zero.
        const int anchors = 53, coefficients = 8, proto = 16, side = 64;
        var c = DecoderCase.Of("yolo-dfl-seg");
        var tensors = c.Tensors(seed);
        var result = new VisionResult();
        c.Create().Decode(tensors, 0, c.Transform, result);
        var d = result.Detections;
        Assert.True(d.Count > 3);
        Assert.Equal((side, side), (d.MaskWidth, d.MaskHeight));
        var rows = tensors.GetData(0).ToArray();
        var prototypes = tensors.GetData(1).ToArray();
        int filled = 0;
        for (int i = 0; i < d.Count; i++)
        {
            int a = Enumerable.Range(0, anchors).Single(k => rows[(4 + d.ClassIds[i]) * anchors + k] == d.Scores[i]);
            float x = rows[a], y = rows[anchors + a], hw = rows[2 * anchors + a] / 2, hh = rows[3 * anchors + a] / 2;
            const float scale = (float)proto / side;
            float[] plane = new float[proto * proto];
            for (int p = 0; p < plane.Length; p++)
            {
                int column = p % proto, row = p / proto;
                if (column >= (x - hw) * scale && column < (x + hw) * scale && row >= (y - hh) * scale && row < (y + hh) * scale)
                {
                    for (int k = 0; k < coefficients; k++)
                    {
                        plane[p] += rows[(7 + k) * anchors + a] * prototypes[k * proto * proto + p];
                    }
                }
            }

            var region = d.GetMaskRegion(i);
            for (int p = 0; p < side * side; p++)
            {
                int column = p % side, row = p / side;
                float sx = Math.Max((column + 0.5f) * scale - 0.5f, 0), sy = Math.Max((row + 0.5f) * scale - 0.5f, 0);
                int left = (int)sx, top = (int)sy, right = Math.Min(left + 1, proto - 1), bottom = Math.Min(top + 1, proto - 1);
                float fx = sx - left, fy = sy - top;
                float value = (1 - fy) * ((1 - fx) * plane[top * proto + left] + fx * plane[top * proto + right])
                    + fy * ((1 - fx) * plane[bottom * proto + left] + fx * plane[bottom * proto + right]);
                bool inside = column >= region.X && column < region.X + region.Width && row >= region.Y && row < region.Y + region.Height;
                bool ours = inside && d.GetMask(i)[(row - region.Y) * region.Width + column - region.X] == 1;
                if (MathF.Abs(value) > 1e-6f || value == 0) // sums in another order may cross zero
                {
                    Assert.True(value > 0 == ours, $"detection {i}, ({column}, {row}): {value}");
                }

                filled += ours ? 1 : 0;
            }
        }

        Assert.True(filled > 50);
    }

    [Fact]
    public void A_box_that_holds_no_prototype_cell_has_an_empty_mask()
    {
        float[] rows = [33, 33, 1, 1, 0.9f, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1]; // 8.125 to 8.375 at prototype scale
        var c = DecoderCase.Of("yolo-dfl-seg");
        var outputs = new ArrayTensorSet(("rows", [1, 15, 1], rows), ("prototypes", [1, 8, 16, 16], [.. Enumerable.Repeat(1f, 2048)]));
        var result = new VisionResult();
        DecoderCase.Create(c.Decoder, c.Spec, c.Options, ("rows", [1, 15, 1]), ("prototypes", [1, 8, 16, 16])).Decode(outputs, 0, c.Transform, result);
        Assert.Equal(1, result.Detections.Count);
        Assert.Equal(0, result.Detections.GetMask(0).Length);
    }
}
