using System.Runtime.InteropServices;
using EdgeVision.Decoding;
using EdgeVision.Decoding.Anchors;
using EdgeVision.Tensors;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Tests.Decoding;

/// <summary>Priors and post-processing against torchvision's SSD300, and the priors of UltraFace.</summary>
public sealed class SsdDecoderTests
{
    private static readonly int[] Steps = [8, 16, 32, 64, 100, 300];
    private static readonly double[] Scales = [0.07, 0.15, 0.33, 0.51, 0.69, 0.87, 1.05];
    private static readonly float[][] Ratios = [[2], [2, 3], [2, 3], [2, 3], [2], [2]];

    [Fact]
    public void Priors_are_torchvision_s_default_boxes()
    {
        float[] expected = Golden.Torchvision("anchors_ssd300").Floats("anchors");
        var priors = SsdDecoder.CreatePriors(300, 300, Steps, level => SsdDecoder.GetDefaultSizes(Scales[level], Scales[level + 1], Ratios[level]), clipCenters: false);
        Assert.Equal(expected.Length, priors.Length * 4);
        float worst = 0;
        for (int i = 0; i < priors.Length; i++)
        {
            var (x, y, w, h) = priors[i];
            var box = new Box((x - w / 2) * 300, (y - h / 2) * 300, (x + w / 2) * 300, (y + h / 2) * 300);
            worst = MathF.Max(worst, Reference.Distance(box, new Box(expected[4 * i], expected[4 * i + 1], expected[4 * i + 2], expected[4 * i + 3])));
        }

        TestContext.Current.TestOutputHelper?.WriteLine($"largest difference {worst} px");
        Assert.InRange(worst, 0, 1e-4f);
    }

    [Fact]
    public void Detections_are_torchvision_s()
    {
        var golden = Golden.Torchvision("ssd300_postprocess");
        var spec = DecoderCase.SpecOf(300, 300, [], """
            {"strides": [8, 16, 32, 64, 100, 300], "scales": [0.07, 0.15, 0.33, 0.51, 0.69, 0.87, 1.05],
             "ratios": [[2], [2, 3], [2, 3], [2, 3], [2], [2]], "variances": [0.1, 0.2], "softmax": true, "topk": 400, "clip": true}
            """);
        var decoder = DecoderCase.Create("ssd", spec, new DecoderOptions(0.01f, 0.45f, 200, false), ("scores", [1, 8732, 21]), ("boxes", [1, 8732, 4]));
        var outputs = new ArrayTensorSet(("scores", [1, 8732, 21], golden.Floats("cls_logits")), ("boxes", [1, 8732, 4], golden.Floats("bbox_regression")));
        var result = new VisionResult();
        decoder.Decode(outputs, 0, FrameTransform.Identity(300, 300), result);
        Reference.Match(golden, result.Detections, 1);
    }

    [Fact]
    public void Priors_of_UltraFace_follow_its_grids()
    {
        float[][] boxes = [[10, 16, 24], [32, 48], [64, 96], [128, 192, 256]];
        var priors = SsdDecoder.CreatePriors(320, 240, [8, 16, 32, 64], level => [.. boxes[level].Select(s => (s / 320, s / 240))], clipCenters: true);
        Assert.Equal(4420, priors.Length); // 40x30x3 + 20x15x2 + 10x8x2 + 5x4x3
        Assert.Equal((0.5f / 40, 0.5f / 30, 16f / 320, 16f / 240), priors[1]);
        Assert.Equal((0.8f, 1f), (priors[^1].W, priors[^1].H)); // 256 / 240 is clipped to the input
        Assert.Equal(3.5f / 3.75f, priors[^1].Y, 1e-6f);
    }

    [Theory]
    [InlineData(1000, false)]
    [InlineData(9, true)] // the best of each class alone, softmax in the decoder
    public void Regressions_equal_the_plain_formula(int topK, bool softmax)
    {
        var c = DecoderCase.Of("ssd");
        c.Spec.Outputs[0].Parameters["topk"] = System.Text.Json.JsonSerializer.SerializeToElement(topK);
        c.Spec.Outputs[0].Parameters["softmax"] = System.Text.Json.JsonSerializer.SerializeToElement(softmax);
        PlainDecoding.Check(c, run =>
        {
            // Priors in parts of the picture, clipped: for stride 8 boxes of 8 and 12 pixels, for 16 one of 24.
            var priors = (from cell in PlainDecoding.Cells(8, 16) from side in cell.Stride == 8 ? (float[])[8, 12] : [24]
                select (X: (cell.X + 0.5f) * cell.Stride / 64, Y: (cell.Y + 0.5f) * cell.Stride / 64, Side: side / 64)).ToArray();
            var all = new List<Found>();
            for (int k = 1; k < 3; k++)
            {
                var ofClass = new List<Found>();
                for (int i = 0; i < priors.Length; i++)
                {
                    float[] row = run.Data[0][(i * 3)..(i * 3 + 3)];
                    float score = softmax ? PlainDecoding.Softmax(row)[k] : row[k];
                    var (x, y, side) = priors[i];
                    float cx = run.Data[1][i * 4] * 0.1f * side + x, cy = run.Data[1][i * 4 + 1] * 0.1f * side + y;
                    float w = MathF.Exp(run.Data[1][i * 4 + 2] * 0.2f) * side, h = MathF.Exp(run.Data[1][i * 4 + 3] * 0.2f) * side;
                    if (score > run.Confidence)
                    {
                        ofClass.Add(new Found((cx - w / 2) * 64, (cy - h / 2) * 64, (cx + w / 2) * 64, (cy + h / 2) * 64, score, k - 1));
                    }
                }

                all.AddRange(ofClass.OrderByDescending(f => f.Score).Take(topK));
            }

            return PlainDecoding.Nms(all, run);
        });
    }

    [Fact]
    public void UltraFace_s_corners_are_parts_of_the_input() => PlainDecoding.Check(DecoderCase.Of("ultraface"), run => PlainDecoding.Nms(
        Enumerable.Range(0, 30).Where(i => run.Data[0][2 * i + 1] > run.Confidence).Select(i =>
            new Found(run.Data[1][i * 4] * 64, run.Data[1][i * 4 + 1] * 64, run.Data[1][i * 4 + 2] * 64, run.Data[1][i * 4 + 3] * 64, run.Data[0][2 * i + 1], 0)), run));
}
