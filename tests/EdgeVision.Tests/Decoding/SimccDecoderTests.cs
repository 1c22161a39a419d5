using EdgeVision.Tensors;
using EdgeVision.TestSupport;
using Xunit;
using static EdgeVision.Tests.Decoding.PlainDecoding;

namespace EdgeVision.Tests.Decoding;

/// <summary>SimCC against get_simcc_maximum written plainly; HeatmapDecoderTests compares with mmpose's numbers.</summary>
public sealed class SimccDecoderTests
{
    [Theory]
    [InlineData("random", 2, false)]
    [InlineData("random", 1.5, true)]
    [InlineData("ties", 2, false)] // the first of equals
    [InlineData("alike", 2, true)]
    [InlineData("negative", 2, false)] // no value above 0: at -1
    public void Equals_the_plain_formula(string kind, double splitRatio, bool softmax)
    {
        var c = DecoderCase.Of("simcc");
        c.Spec.Outputs[0].Parameters["splitRatio"] = System.Text.Json.JsonSerializer.SerializeToElement(splitRatio);
        c.Spec.Outputs[0].Parameters["softmax"] = System.Text.Json.JsonSerializer.SerializeToElement(softmax);
        for (int seed = 0; seed < 20; seed++)
        {
            var random = new Random(seed);
            float Value() => kind switch { "random" => random.NextSingle() * 4 - 1, "ties" => random.Next(3), "alike" => 0.25f, _ => -random.NextSingle() };
            float[] x = [.. Enumerable.Range(0, 3 * 27).Select(_ => Value())], y = [.. Enumerable.Range(0, 3 * 29).Select(_ => Value())];
            var result = new VisionResult();
            c.Create().Decode(new ArrayTensorSet(("columns", [1, 3, 27], x), ("rows", [1, 3, 29], y)), 0, FrameTransform.Identity(64, 64), result);
            Assert.Equal(1, result.Detections.Count);
            float sum = 0;
            for (int k = 0; k < 3; k++)
            {
                float[] across = x[(k * 27)..(k * 27 + 27)], down = y[(k * 29)..(k * 29 + 29)];
                int px = ArgMax(across), py = ArgMax(down);
                float score = softmax ? Math.Min(Softmax(across)[px], Softmax(down)[py]) : Math.Min(across[px], down[py]);
                var point = result.Detections.GetKeypoints(0)[k];
                Assert.Equal(score, point.Score, 1e-6f);
                Assert.Equal(score > 0 ? (float)(px / splitRatio) : -1, point.X, 1e-5f);
                Assert.Equal(score > 0 ? (float)(py / splitRatio) : -1, point.Y, 1e-5f);
                sum += score;
            }

            Assert.Equal(sum / 3, result.Detections.Scores[0], 1e-6f);
        }
    }
}
