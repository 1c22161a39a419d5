using System.Runtime.InteropServices;
using System.Text.Json;
using EdgeVision.Decoding;
using EdgeVision.Tensors;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Tests.Decoding;

/// <summary>Heatmaps and SimCC against what mmpose's formulas give in numpy, and their way back to the frame.</summary>
public sealed class HeatmapDecoderTests
{
    private static readonly DecoderOptions Options = new(0.3f, 0.5f, 300, false);

    [Theory]
    [InlineData("none", "argmax_xy")]
    [InlineData("plain", "quarter_offset")]
    [InlineData("dark", "dark_k11")]
    [InlineData("udp", "udp_k11")]
    public void Places_are_the_reference_s(string refinement, string expected)
    {
        var root = Reference();
        float[] maps = MemoryMarshal.Cast<byte, float>(File.ReadAllBytes(SharedData.Path("golden", "reference", root.GetProperty("heatmaps_file").GetString()!))).ToArray();
        float[] values = Floats(root.GetProperty("values"));

        // The last map is 0 everywhere; others have their maximum at an edge or in a corner.
        var points = Decode(refinement, 13, 64, 48, maps, FrameTransform.Identity(48, 64));
        for (int k = 0; k < 13; k++)
        {
            var place = root.GetProperty(expected)[k];
            Assert.Equal(values[k], points[k].Score);
            if (values[k] <= 0)
            {
                Assert.Equal(new Keypoint(-1, -1, 0), points[k]);
                continue;
            }

            Assert.True(MathF.Abs(place[0].GetSingle() - points[k].X) <= 1e-4f && MathF.Abs(place[1].GetSingle() - points[k].Y) <= 1e-4f, $"{k}: {place} and {points[k]}");
        }
    }

    [Fact]
    public void Bins_are_the_reference_s()
    {
        var golden = Reference().GetProperty("simcc");
        float[] x = [.. golden.GetProperty("x")[0].EnumerateArray().SelectMany(Floats)], y = [.. golden.GetProperty("y")[0].EnumerateArray().SelectMany(Floats)];
        float[] scores = Floats(golden.GetProperty("score")[0]);
        foreach (float ratio in (float[])[1, 2, 1.5f])
        {
            var points = Simcc($$"""{"splitRatio": {{FormattableString.Invariant($"{ratio}")}}}""", 12, 96, 128, x, y);
            for (int k = 0; k < 12; k++)
            {
                var bins = golden.GetProperty("xy")[0][k];
                Assert.Equal(new Keypoint(bins[0].GetSingle() / ratio, bins[1].GetSingle() / ratio, scores[k]), points[k]);
            }
        }
    }

    [Fact]
    public void Bins_may_be_made_probabilities_and_scores_not_above_0_are_nowhere()
    {
        float[] x = [0, 1, 0, -1, -2, -3], y = [3, 3, -1, -2];
        var raw = Simcc("{}", 2, 3, 2, x, y);
        Assert.Equal([new Keypoint(0.5f, 0, 1), new Keypoint(-1, -1, -1)], raw);
        var soft = Simcc("""{"softmax": true}""", 2, 3, 2, x, y);
        Assert.Equal(0.5f, soft[0].Score, 1e-6f); // two rows alike
        Assert.Equal(1 / (1 + MathF.Exp(-1) + MathF.Exp(-2)), soft[1].Score, 1e-6f);
        Assert.Equal((0f, 0f), (soft[1].X, soft[1].Y));
    }

    [Theory]
    [InlineData("none", 4f)] // 192 / 48
    [InlineData("plain", 4f)]
    [InlineData("udp", 191f / 47)] // the corners of the map are those of the input
    public void Cells_become_pixels_of_the_frame(string refinement, float cell)
    {
        // A symmetric peak: no refinement moves it. The frame is a crop of 96 x 128 at 10, 20, doubled.
        float[] map = new float[48 * 64];
        for (int y = 0; y < 64; y++)
        {
            for (int x = 0; x < 48; x++)
            {
                map[y * 48 + x] = MathF.Exp(-((x - 20) * (x - 20) + (y - 30) * (y - 30)) / 8f);
            }
        }

        var transform = new FrameTransform(2, 2, 0, 0, 10, 20, 192, 256, 400, 300);
        var result = new VisionResult();
        var point = Assert.Single(Decode(refinement, 1, 64, 48, map, transform, result));
        Assert.Equal(20 * cell / 2 + 10, point.X, 1e-3f);
        Assert.Equal(30 * (refinement == "udp" ? 255f / 63 : 4) / 2 + 20, point.Y, 1e-3f);
        Assert.Equal(new Box(10, 20, 106, 148), result.Detections.Boxes[0]); // the crop
        Assert.Equal(1, result.Detections.Scores[0]);
        Assert.Equal("person", result.Detections.GetLabel(0));
    }

    [Fact]
    public void The_figure_s_score_is_its_keypoints_mean()
    {
        float[] maps = new float[2 * 8 * 8];
        (maps[9], maps[64 + 30]) = (0.5f, 1);
        var result = new VisionResult();
        Decode("plain", 2, 8, 8, maps, FrameTransform.Identity(8, 8), result);
        Assert.Equal(0.75f, result.Detections.Scores[0]);
    }

    [Theory]
    [InlineData("none")]
    [InlineData("plain")]
    [InlineData("udp")]
    public void Every_refinement_allocates_nothing(string refinement)
    {
        var random = new Random(1);
        var set = new ArrayTensorSet(("maps", [1, 5, 16, 12], DecoderCase.Values(random, [1, 5, 16, 12], (r, _) => r.NextSingle())));
        var decoder = Create(refinement, 5, 16, 12);
        var result = new VisionResult();
        var transform = FrameTransform.Identity(48, 64);
        Assert.Equal(0, Allocations.Of(() => decoder.Decode(set, 0, transform, result)));
    }

    private static JsonElement Reference() => JsonDocument.Parse(File.ReadAllText(SharedData.Path("golden", "reference", "heatmap_decode.json"))).RootElement;

    private static float[] Floats(JsonElement list) => [.. list.EnumerateArray().Select(v => v.GetSingle())];

    private static OutputDecoder Create(string refinement, int keypoints, int h, int w) =>
        DecoderCase.Create("heatmap", DecoderCase.SpecOf(w, h, ["person"], $$"""{"refinement": "{{refinement}}"}"""), Options, ("maps", [1, keypoints, h, w]));

    private static Keypoint[] Decode(string refinement, int keypoints, int h, int w, float[] maps, in FrameTransform transform, VisionResult? result = null)
    {
        result ??= new VisionResult();
        result.Detections.Labels = ["person"];
        Create(refinement, keypoints, h, w).Decode(new ArrayTensorSet(("maps", [1, keypoints, h, w], maps)), 0, transform, result);
        Assert.Equal(1, result.Detections.Count);
        return result.Detections.GetKeypoints(0).ToArray();
    }

    private static Keypoint[] Simcc(string parameters, int keypoints, int columns, int rows, float[] x, float[] y)
    {
        long[] across = [1, keypoints, columns], down = [1, keypoints, rows];
        var result = new VisionResult();
        DecoderCase.Create("simcc", DecoderCase.SpecOf(columns, rows, [], parameters), Options, ("x", across), ("y", down))
            .Decode(new ArrayTensorSet(("x", across, x), ("y", down, y)), 0, FrameTransform.Identity(columns, rows), result);
        return result.Detections.GetKeypoints(0).ToArray();
    }
}
