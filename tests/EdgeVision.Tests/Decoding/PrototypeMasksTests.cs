using EdgeVision.Decoding;
using EdgeVision.Tensors;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Tests.Decoding;

/// <summary>Masks from prototypes against plain loops over the whole plane, in double precision: Ultralytics' ops.py and YOLOv5's segment/general.py.</summary>
public sealed class PrototypeMasksTests
{
    private const int Classes = 3, Coefficients = 8;

    [Theory]
    [InlineData("yolo-dfl-seg", "crop-first", "logit", 16, 16, 64, 64)] // process_mask
    [InlineData("yolo-dfl-seg", "crop-first", "sigmoid", 16, 16, 64, 64)] // zeros around the crop are below a half and pull its edge down
    [InlineData("yolo-dfl-seg", "upsample-first", "logit", 16, 16, 64, 64)] // process_mask_native
    [InlineData("yolo-dfl-seg", "upsample-first", "sigmoid", 16, 16, 64, 64)] // process_mask_upsample
    [InlineData("yolo-rows-seg", "crop-first", "sigmoid", 16, 16, 64, 64)]
    [InlineData("yolo-rows-seg", "upsample-first", "logit", 16, 16, 64, 64)]
    [InlineData("yolo-dfl-seg", "crop-first", "logit", 40, 24, 160, 96)] // rows longer than four vectors, and not square
    [InlineData("yolo-dfl-seg", "upsample-first", "sigmoid", 40, 24, 160, 96)]
    [InlineData("yolo-dfl-seg", "crop-first", "logit", 13, 9, 61, 47)] // no whole ratio
    [InlineData("yolo-dfl-seg", "upsample-first", "logit", 13, 9, 61, 47)]
    [InlineData("yolo-dfl-seg", "upsample-first", "sigmoid", 1, 1, 8, 8)] // one cell is all there is
    [InlineData("yolo-dfl-seg", "upsample-first", "logit", 80, 80, 64, 64)] // more cells than pixels
    [InlineData("yolo-dfl-seg", "crop-first", "logit", 160, 160, 64, 64)]
    public void Masks_are_the_formula_s(string decoder, string masks, string threshold, int pw, int ph, int width, int height)
    {
        const int anchors = 12;
        var random = new Random(pw * 7 + ph);
        float[] table = new float[anchors * (5 + Classes + Coefficients)]; // row by row: box, objectness, classes, coefficients
        for (int a = 0; a < anchors; a++)
        {
            var row = table.AsSpan(a * 16, 16);
            float w = (0.1f + 0.8f * random.NextSingle()) * width, h = (0.1f + 0.8f * random.NextSingle()) * height;
            (row[0], row[1], row[2], row[3], row[4]) = (random.NextSingle() * width, random.NextSingle() * height, w, h, 1);
            row[5 + a % Classes] = 0.4f + 0.04f * a; // so that a score names its anchor
            foreach (ref float c in row[8..])
            {
                c = random.NextSingle() * 4 - 2;
            }
        }

        float[] prototypes = DecoderCase.Values(random, [Coefficients, ph, pw], (r, _) => r.NextSingle() - 0.45f);
        var result = Decode(decoder, masks, threshold, width, height, anchors, table, (pw, ph), prototypes);
        var d = result.Detections;
        Assert.Equal(anchors, d.Count);
        Assert.Equal((width, height), (d.MaskWidth, d.MaskHeight));
        int set = 0, clear = 0;
        for (int i = 0; i < d.Count; i++)
        {
            int a = anchors - 1 - i;
            Assert.Equal(0.4f + 0.04f * a, d.Scores[i]);
            double[] values = Plain(table.AsSpan(a * 16, 16), prototypes, pw, ph, width, height, masks == "upsample-first", threshold == "sigmoid");
            double limit = threshold == "sigmoid" ? 0.5 : 0;
            var region = d.GetMaskRegion(i);
            for (int p = 0; p < width * height; p++)
            {
                int column = p % width, row = p / width;
                bool inside = column >= region.X && column < region.X + region.Width && row >= region.Y && row < region.Y + region.Height;
                bool ours = inside && d.GetMask(i)[(row - region.Y) * region.Width + column - region.X] == 1;
                if (Math.Abs(values[p] - limit) > 1e-5 || values[p] == 0) // float32 sums may fall to the other side
                {
                    Assert.True(values[p] > limit == ours, $"detection {i}, ({column}, {row}): {values[p]}");
                }

                set += ours ? 1 : 0;
                clear += inside && !ours ? 1 : 0;
            }
        }

        Assert.True(set > 0 && (clear > 0 || pw == 1), $"{set} pixels are set and {clear} of the regions' are not: the case shows nothing");
    }

    [Fact]
    public void The_two_orders_and_the_two_thresholds_differ()
    {
        string[] shown = [.. ((string[])["crop-first", "upsample-first"]).SelectMany(masks => ((string[])["logit", "sigmoid"]).Select(threshold =>
        {
            var random = new Random(5);
            float[] table = [31, 30, 41, 37, 1, 0.9f, 0, 0, .. Enumerable.Range(0, Coefficients).Select(_ => random.NextSingle() * 4 - 2)];
            float[] prototypes = DecoderCase.Values(random, [Coefficients, 16, 16], (r, _) => r.NextSingle() - 0.45f);
            return DecoderCase.Show(Decode("yolo-dfl-seg", masks, threshold, 64, 64, 1, table, (16, 16), prototypes));
        }))];
        Assert.Equal(4, shown.Distinct().Count());
    }

    [Theory]
    [InlineData("crop-first", 33, 33, 1, 1, true)] // 8.125 to 8.375 at prototype scale: no cell
    [InlineData("upsample-first", 33.25f, 33.25f, 0.5f, 0.5f, false)] // pixel 33 alone
    [InlineData("upsample-first", 33.5f, 33.5f, 0.5f, 0.5f, true)] // 33.25 to 33.75: no pixel
    [InlineData("upsample-first", -20, 30, 10, 10, true)] // beside the input
    [InlineData("crop-first", 30, 90, 10, 10, true)]
    public void A_box_that_holds_nothing_has_an_empty_mask(string masks, float x, float y, float w, float h, bool empty)
    {
        float[] table = [x, y, w, h, 1, 0.9f, 0, 0, .. Enumerable.Repeat(1f, Coefficients)];
        var result = Decode("yolo-dfl-seg", masks, "logit", 64, 64, 1, table, (16, 16), [.. Enumerable.Repeat(1f, Coefficients * 256)]);
        Assert.Equal(1, result.Detections.Count);
        Assert.Equal(empty ? [] : [1], result.Detections.GetMask(0).ToArray());
    }

    [Theory]
    [InlineData("crop-first")]
    [InlineData("upsample-first")]
    public void A_broken_prototype_is_an_error_where_a_box_reads_it(string masks)
    {
        float[] table = [32, 32, 40, 40, 1, 0.9f, 0, 0, .. Enumerable.Repeat(1f, Coefficients)];
        float[] prototypes = [.. Enumerable.Repeat(1f, Coefficients * 256)];
        prototypes[3 * 256 + 8 * 16 + 8] = float.NaN;
        Assert.Throws<InvalidOutputException>(() => Decode("yolo-dfl-seg", masks, "sigmoid", 64, 64, 1, table, (16, 16), prototypes));
        table[0] = table[1] = 4;
        table[2] = table[3] = 8;
        Assert.Equal(1, Decode("yolo-dfl-seg", masks, "sigmoid", 64, 64, 1, table, (16, 16), prototypes).Detections.Count);
    }

    [Fact]
    public void Threads_change_nothing()
    {
        const int Boxes = 40, Row = 4 + 1 + Coefficients;
        var random = new Random(8);
        float[] rows = new float[Row * Boxes], prototypes = DecoderCase.Values(random, [Coefficients, 40, 40], (r, _) => r.NextSingle() - 0.5f);
        for (int i = 0; i < Boxes; i++)
        {
            (rows[i], rows[Boxes + i], rows[2 * Boxes + i], rows[3 * Boxes + i], rows[4 * Boxes + i]) = (random.Next(160), random.Next(160), 5 + random.Next(60), 5 + random.Next(60), 0.3f + 0.6f * random.NextSingle());
            for (int c = 0; c < Coefficients; c++)
            {
                rows[(5 + c) * Boxes + i] = random.NextSingle() - 0.5f;
            }
        }

        var set = new ArrayTensorSet(("rows", [1, Row, Boxes], rows), ("prototypes", [1, Coefficients, 40, 40], prototypes));
        string? one = null;
        foreach (int threads in (int[])[1, 2, 5])
        {
            var decoder = DecoderCase.Create("yolo-dfl-seg", DecoderCase.SpecOf(160, 160, ["thing"]), new DecoderOptions(0.25f, 0.99f, 300, false) { Threads = threads }, ("rows", [1, Row, Boxes]), ("prototypes", [1, Coefficients, 40, 40]));
            var result = new VisionResult();
            for (int round = 0; round < 20; round++)
            {
                result.Clear();
                decoder.Decode(set, 0, FrameTransform.Identity(160, 160), result);
                Assert.True(result.Detections.Count > 20);
                string shown = DecoderCase.Show(result);
                Assert.Equal(one ??= shown, shown);
            }
        }
    }

    [Fact]
    public void Prototypes_may_come_first()
    {
        var c = DecoderCase.Of("yolo-rows-seg");
        var t = c.Tensors(4);
        var straight = new VisionResult();
        c.Create().Decode(t, 0, c.Transform, straight);
        var turned = new VisionResult();
        DecoderCase.Create(c.Decoder, c.Spec, c.Options, ("prototypes", [1, 8, 16, 16]), ("rows", [1, 53, 16]))
            .Decode(new ArrayTensorSet(("prototypes", [1, 8, 16, 16], t.GetData(1).ToArray()), ("rows", [1, 53, 16], t.GetData(0).ToArray())), 0, c.Transform, turned);
        Assert.True(straight.Detections.Count > 1);
        Assert.Equal(DecoderCase.Show(straight), DecoderCase.Show(turned));
    }

    private static VisionResult Decode(string decoder, string masks, string threshold, int width, int height, int anchors, float[] table, (int Width, int Height) cells, float[] prototypes)
    {
        var spec = DecoderCase.SpecOf(width, height, ["a", "b", "c"], $$"""{"masks": "{{masks}}", "threshold": "{{threshold}}"}""");
        long[] shape = [1, anchors, 16];
        float[] rows = table;
        if (decoder == "yolo-dfl-seg")
        {
            shape = [1, 15, anchors];
            int[] columns = [0, 1, 2, 3, .. Enumerable.Range(5, 11)]; // without objectness, a column for each anchor
            rows = [.. columns.SelectMany(k => Enumerable.Range(0, anchors).Select(a => table[a * 16 + k]))];
        }

        long[] plane = [1, Coefficients, cells.Height, cells.Width];
        var result = new VisionResult();
        DecoderCase.Create(decoder, spec, new(0.3f, 1, 300, false), ("rows", shape), ("prototypes", plane))
            .Decode(new ArrayTensorSet(("rows", shape, rows), ("prototypes", plane, prototypes)), 0, FrameTransform.Identity(width, height), result);
        return result;
    }

    private static double[] Plain(ReadOnlySpan<float> row, float[] prototypes, int pw, int ph, int width, int height, bool upsampleFirst, bool sigmoid)
    {
        float x1 = row[0] - row[2] / 2, x2 = row[0] + row[2] / 2, y1 = row[1] - row[3] / 2, y2 = row[1] + row[3] / 2;
        double[] plane = new double[pw * ph];
        for (int p = 0; p < plane.Length; p++)
        {
            for (int k = 0; k < Coefficients; k++)
            {
                plane[p] += (double)row[8 + k] * prototypes[k * pw * ph + p];
            }

            plane[p] = sigmoid ? 1 / (1 + Math.Exp(-plane[p])) : plane[p];
            float fx = (float)pw / width, fy = (float)ph / height;
            if (!upsampleFirst && !(p % pw >= x1 * fx && p % pw < x2 * fx && p / pw >= y1 * fy && p / pw < y2 * fy))
            {
                plane[p] = 0;
            }
        }

        double[] values = new double[width * height];
        for (int p = 0; p < values.Length; p++)
        {
            int column = p % width, line = p / width;
            double sx = Math.Max((column + 0.5) * pw / width - 0.5, 0), sy = Math.Max((line + 0.5) * ph / height - 0.5, 0);
            int left = (int)sx, top = (int)sy, right = Math.Min(left + 1, pw - 1), bottom = Math.Min(top + 1, ph - 1);
            double wx = sx - left, wy = sy - top;
            values[p] = (1 - wy) * ((1 - wx) * plane[top * pw + left] + wx * plane[top * pw + right])
                + wy * ((1 - wx) * plane[bottom * pw + left] + wx * plane[bottom * pw + right]);
            if (upsampleFirst && !(column >= x1 && column < x2 && line >= y1 && line < y2))
            {
                values[p] = 0;
            }
        }

        return values;
    }
}
