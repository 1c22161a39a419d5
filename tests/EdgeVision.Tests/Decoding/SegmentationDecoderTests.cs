using EdgeVision.Decoding;
using EdgeVision.Tensors;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Tests.Decoding;

/// <summary>Segmentation against torchvision and against plain loops; the map on the frame.</summary>
public sealed class SegmentationDecoderTests
{
    [Fact]
    public void Classes_are_torchvision_s_at_every_pixel()
    {
        // 24 x 32 logits enlarged to 96 x 128.
        var golden = Golden.Torchvision("segmentation_argmax_miou");
        byte[] expected = golden.Bytes("argmax");
        var set = new ArrayTensorSet(("logits", [5, 21, 24, 32], golden.Floats("logits")));
        var decoder = Create([], [5, 21, 24, 32]);
        for (int item = 0; item < 5; item++)
        {
            var result = new VisionResult();
            decoder.Decode(set, item, FrameTransform.Identity(128, 96), result);
            Assert.Equal((128, 96), (result.Segmentation.Width, result.Segmentation.Height));
            Assert.Equal(expected.AsSpan(item * 96 * 128, 96 * 128).ToArray(), result.Segmentation.ClassIds.ToArray());
        }
    }

    // Sizes that are multiples of no vector, both ways; C = 1 has a threshold in place of rivals.
    [Theory]
    [InlineData(1, 7, 5, 7, 5)]
    [InlineData(1, 7, 5, 31, 23)]
    [InlineData(2, 9, 13, 9, 13)]
    [InlineData(2, 9, 13, 35, 29)]
    [InlineData(21, 11, 3, 11, 3)]
    [InlineData(21, 6, 10, 51, 19)]
    [InlineData(3, 1, 1, 17, 9)]
    [InlineData(3, 8, 8, 17, 8)] // wider only
    [InlineData(3, 8, 8, 8, 17)] // taller only
    [InlineData(4, 40, 40, 13, 21)] // smaller than the logits
    [InlineData(3, 9, 5, 161, 300)] // more rows between two of logits than are taken at a time
    [InlineData(5, 20, 20, 24, 30)] // neighbours of eight pixels lie further apart than eight
    [InlineData(2, 7, 4, 57, 40)] // rows of logits shorter than a vector
    [InlineData(3, 65, 9, 513, 64)] // a pixel behind the last whole step
    public void Any_size_is_what_plain_loops_give(int classes, int w, int h, int width, int height)
    {
        var random = new Random(classes * 1000 + width);
        float[] logits = DecoderCase.Values(random, [classes, h, w], (r, _) => r.NextSingle() * 6 - 3);
        foreach (float threshold in classes == 1 ? (float[])[0.5f, 0.2f, 0.9f] : [0.5f])
        {
            string parameters = FormattableString.Invariant($$"""{"threshold": {{threshold}}}""");
            byte[] found = Decode(Create([], [1, classes, h, w], parameters), logits, classes, w, h, FrameTransform.Identity(width, height));
            for (int y = 0; y < height; y++)
            {
                for (int x = 0; x < width; x++)
                {
                    double[] at = [.. Enumerable.Range(0, classes).Select(c => Enlarged(logits.AsSpan(c * h * w, h * w), w, h, (x + 0.5) * w / width - 0.5, (y + 0.5) * h / height - 0.5))];
                    byte id = found[y * width + x];
                    if (classes == 1)
                    {
                        double margin = 1 / (1 + Math.Exp(-at[0])) - threshold;
                        Assert.True(Math.Abs(margin) < 1e-5 || id == (margin > 0 ? 1 : 0), $"{x}, {y}: {margin}");
                    }
                    else
                    {
                        Assert.True(at[id] > at.Max() - 1e-5, $"{x}, {y}: class {id} of {string.Join(' ', at)}");
                    }
                }
            }
        }
    }

    [Theory]
    [InlineData(37)]
    [InlineData(16)]
    [InlineData(5)]
    public void The_lower_class_wins_a_tie(int size)
    {
        // Whole numbers, so that ties are exact: the winner is the first of the greatest.
        const int classes = 5;
        var random = new Random(3);
        float[] logits = DecoderCase.Values(random, [classes, size, size], (r, _) => r.Next(3));
        byte[] found = Decode(Create([], [1, classes, size, size]), logits, classes, size, size, FrameTransform.Identity(size, size));
        for (int i = 0; i < found.Length; i++)
        {
            float[] at = [.. Enumerable.Range(0, classes).Select(c => logits[c * size * size + i])];
            Assert.Equal(Array.IndexOf(at, at.Max()), found[i]);
        }

        // Of one class alone: one half is not above one half.
        Assert.All(Decode(Create([], [1, 1, size, size]), new float[size * size], 1, size, size, FrameTransform.Identity(size, size)), id => Assert.Equal(0, id));
    }

    [Fact]
    public void A_batch_s_items_of_other_sizes_follow_one_another()
    {
        // One decoder, frames of changing sizes and graphs with open ones: nothing of the last run is left.
        var decoder = Create([], [-1, -1, -1, -1]);
        foreach (var (classes, side, width) in ((int, int, int)[])[(3, 8, 40), (2, 16, 40), (7, 5, 41), (1, 5, 11), (3, 8, 40)])
        {
            float[] logits = DecoderCase.Values(new Random(side), [classes, side, side], (r, _) => r.NextSingle() - 0.5f);
            var transform = FrameTransform.Identity(width, width);
            Assert.Equal(Decode(Create([], [1, classes, side, side]), logits, classes, side, side, transform), Decode(decoder, logits, classes, side, side, transform));
        }
    }

    [Fact]
    public void Labels_name_the_classes_and_one_output_may_have_one_or_two()
    {
        string[] labels = ["background", "road"];
        var result = new VisionResult();
        Create(labels, [1, 2, 4, 4]).SetLabels(result, labels);
        Assert.Equal("road", result.Segmentation.GetClassLabel(1));
        Assert.Equal("7", result.Segmentation.GetClassLabel(7));

        // One class alone is id 1, its absence 0.
        Create(["road"], [1, 1, 4, 4]).SetLabels(result, ["road"]);
        Assert.Equal(["background", "road"], result.Segmentation.Labels);
        Create(labels, [1, 1, 4, 4]).SetLabels(result, labels);
        Assert.Equal(labels, result.Segmentation.Labels);
        Assert.Throws<ModelFormatException>(() => Create(["a", "b", "c"], [1, 1, 4, 4]));
        Assert.Throws<ModelFormatException>(() => Create(labels, [1, 3, 4, 4]));
        Assert.Throws<ModelFormatException>(() => Create([], [1, 257, 4, 4]));
    }

    [Theory]
    [InlineData(3, 8)]
    [InlineData(1, 8)]
    [InlineData(3, 64)]
    public void Nothing_is_allocated_once_it_has_run(int classes, int side)
    {
        var set = new ArrayTensorSet(("logits", [1, classes, side, side], DecoderCase.Values(new Random(1), [classes, side, side], (r, _) => r.NextSingle() - 0.5f)));
        var decoder = Create([], [1, classes, side, side]);
        var result = new VisionResult();
        var transform = FrameTransform.Identity(64, 64);
        long[] areas = new long[4];
        byte[] frame = new byte[64 * 64];
        Assert.Equal(0, Allocations.Of(() =>
        {
            result.Clear();
            decoder.Decode(set, 0, transform, result);
            result.Segmentation.CountAreas(areas);
            result.Segmentation.CountFrameAreas(areas);
            result.Segmentation.CopyToFrame(frame);
        }));
    }

    private static double Enlarged(ReadOnlySpan<float> plane, int w, int h, double x, double y)
    {
        (x, y) = (Math.Max(x, 0), Math.Max(y, 0));
        int left = Math.Min((int)x, w - 1), top = Math.Min((int)y, h - 1), right = Math.Min(left + 1, w - 1), bottom = Math.Min(top + 1, h - 1);
        double across = x - left, down = y - top;
        return (1 - down) * ((1 - across) * plane[top * w + left] + across * plane[top * w + right])
            + down * ((1 - across) * plane[bottom * w + left] + across * plane[bottom * w + right]);
    }

    private static OutputDecoder Create(string[] labels, long[] shape, string parameters = "{}") =>
        DecoderCase.Create("segmentation", DecoderCase.SpecOf(64, 64, labels, parameters), new DecoderOptions(0.3f, 0.5f, 300, false), ("logits", shape));

    private static byte[] Decode(OutputDecoder decoder, float[] logits, int classes, int w, int h, in FrameTransform transform)
    {
        var result = new VisionResult();
        decoder.Decode(new ArrayTensorSet(("logits", [1, classes, h, w], logits)), 0, transform, result);
        return result.Segmentation.ClassIds.ToArray();
    }
}
