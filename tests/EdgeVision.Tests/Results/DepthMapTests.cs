using EdgeVision.Decoding;
using EdgeVision.Tensors;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Tests.Results;

/// <summary>A map of distances: how it is read from outputs, seen from the frame and summed up.</summary>
public sealed class DepthMapTests
{
    // Outputs of a quarter and a third of the input, a letterbox, a crop.
    public static TheoryData<FrameTransform, int, int> Maps => new()
    {
        { FrameTransform.Identity(24, 16), 24, 16 },
        { FrameTransform.Identity(24, 16), 6, 4 },
        { new FrameTransform(0.25f, 0.25f, 0, 4, 0, 0, 20, 16, 80, 32), 5, 4 },
        { new FrameTransform(0.5f, 0.5f, 3, 0, 0, 0, 16, 12, 20, 24), 7, 5 },
        { new FrameTransform(2, 2, 0, 0, 5, 3, 16, 12, 30, 20), 8, 6 },
    };

    [Theory]
    [MemberData(nameof(Maps))]
    public void A_pixel_of_the_frame_takes_the_nearest_of_the_map(FrameTransform t, int w, int h)
    {
        float[] metres = DecoderValues(w, h);
        var depth = Decode("{}", metres, w, h, t);
        Assert.Equal(metres, depth.Values.ToArray());
        for (int y = 0; y < t.FrameHeight; y++)
        {
            for (int x = 0; x < t.FrameWidth; x++)
            {
                double column = ((x + 0.5 - t.CropX) * t.ScaleX + t.PadX) * w / t.InputWidth, row = ((y + 0.5 - t.CropY) * t.ScaleY + t.PadY) * h / t.InputHeight;
                int nearest = Math.Clamp((int)Math.Floor(row + 1e-9), 0, h - 1) * w + Math.Clamp((int)Math.Floor(column + 1e-9), 0, w - 1);
                Assert.Equal(metres[nearest], depth.GetDepthAt(x, y));
            }
        }
    }

    [Theory]
    [MemberData(nameof(Maps))]
    public void The_range_leaves_the_padding_out(FrameTransform t, int w, int h)
    {
        var depth = Decode("{}", DecoderValues(w, h), w, h, t);
        var seen = new List<float>();
        for (int y = 0; y < h; y++)
        {
            for (int x = 0; x < w; x++)
            {
                float fx = t.ToFrameX((x + 0.5f) * t.InputWidth / w), fy = t.ToFrameY((y + 0.5f) * t.InputHeight / h);
                if (fx >= 0 && fx < t.FrameWidth && fy >= 0 && fy < t.FrameHeight)
                {
                    seen.Add(depth.Values[y * w + x]);
                }
            }
        }

        seen.Sort();
        Assert.Equal(new DepthRange(seen[0], seen[(seen.Count - 1) / 2], seen[^1]), depth.ComputeRange());
    }

    [Fact]
    public void Scale_offset_and_logarithm_make_metres()
    {
        Assert.Equal([7f, 11f], Decode("""{"scale": 2, "offset": 1}""", [3, 5], 2, 1, FrameTransform.Identity(2, 1)).Values.ToArray());
        var logarithm = Decode("""{"log": true, "scale": 0.5}""", [0, MathF.Log(4)], 2, 1, FrameTransform.Identity(2, 1));
        Assert.Equal(0.5f, logarithm.Values[0]);
        Assert.Equal(2, logarithm.Values[1], 1e-6f);
        Assert.Throws<InvalidOutputException>(() => Decode("""{"log": true}""", [0, 100], 2, 1, FrameTransform.Identity(2, 1))); // e^100 is beyond a float
    }

    [Fact]
    public void An_empty_map_has_no_distance()
    {
        var depth = new DepthMap();
        Assert.Equal(float.NaN, depth.GetDepthAt(3, 3));
        Assert.Equal(new DepthRange(float.NaN, float.NaN, float.NaN), depth.ComputeRange());
    }

    [Theory]
    [InlineData("{}")]
    [InlineData("""{"log": true, "scale": 3}""")]
    public void Nothing_is_allocated_once_it_has_run(string parameters)
    {
        var set = new ArrayTensorSet(("metres", [1, 1, 12, 16], DecoderValues(16, 12)));
        var decoder = EdgeVision.TestSupport.DecoderCase.Create("depth", EdgeVision.TestSupport.DecoderCase.SpecOf(16, 12, [], parameters), new DecoderOptions(0.3f, 0.5f, 300, false), ("metres", [1, 1, 12, 16]));
        var result = new VisionResult();
        var transform = FrameTransform.Identity(64, 48);
        float sum = 0;
        Assert.Equal(0, Allocations.Of(() =>
        {
            result.Clear();
            decoder.Decode(set, 0, transform, result);
            sum += result.Depth.ComputeRange().Median + result.Depth.GetDepthAt(31, 17);
        }));
        Assert.True(sum > 0);
    }

    private static float[] DecoderValues(int w, int h) => EdgeVision.TestSupport.DecoderCase.Values(new Random(w), [h, w], (r, _) => 0.5f + r.NextSingle() * 3);

    private static DepthMap Decode(string parameters, float[] values, int w, int h, in FrameTransform transform)
    {
        var result = new VisionResult();
        EdgeVision.TestSupport.DecoderCase.Create("depth", EdgeVision.TestSupport.DecoderCase.SpecOf(w, h, [], parameters), new DecoderOptions(0.3f, 0.5f, 300, false), ("metres", [1, 1, h, w]))
            .Decode(new ArrayTensorSet(("metres", [1, 1, h, w], values)), 0, transform, result);
        return result.Depth;
    }
}
