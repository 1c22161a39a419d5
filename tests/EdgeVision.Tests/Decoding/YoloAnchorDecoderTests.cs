using EdgeVision.Tensors;
using EdgeVision.TestSupport;
using Xunit;
using static EdgeVision.Tests.Decoding.PlainDecoding;

namespace EdgeVision.Tests.Decoding;

/// <summary>YOLO with anchors against the formulas of YOLOv5, Darknet's v3 and v4, and Tiny YOLOv2, in both layouts.</summary>
public sealed class YoloAnchorDecoderTests
{
    private static readonly float[][] Anchors = [[10, 13, 16, 30], [30, 61, 62, 45]];
    private static readonly int[] Strides = [8, 16];

    [Theory]
    [InlineData("v5", 1f, false)]
    [InlineData("v5", 1f, true)]
    [InlineData("v3", 1f, false)]
    [InlineData("v3", 1.05f, true)] // YOLOv4
    [InlineData("v2", 1f, false)] // classes by softmax
    public void Equals_the_plain_formula(string formula, float scale, bool rows)
    {
        static float Value(Random r, int i) => r.NextSingle() * 4 - 1.5f;
        string scaleText = scale.ToString(System.Globalization.CultureInfo.InvariantCulture);
        var c = new DecoderCase
        {
            Decoder = "yolo-anchors",
            Spec = DecoderCase.SpecOf(64, 64, ["a", "b", "c"], $$"""{"strides": [8, 16], "anchors": [[10, 13, 16, 30], [30, 61, 62, 45]], "formula": "{{formula}}", "scaleXy": [{{scaleText}}, {{scaleText}}]}"""),
            Scores = [0, 1], Options = new(0.3f, 0.5f, 300, false),
            Outputs = rows
                ? [("p8", [1, 2, 8, 8, 8], Value), ("p16", [1, 2, 4, 4, 8], Value)]
                : [("p8", [1, 16, 8, 8], Value), ("p16", [1, 16, 4, 4], Value)],
        };
        Check(c, run =>
        {
            var all = new List<Found>();
            for (int level = 0; level < 2; level++)
            {
                int s = Strides[level], cells = 64 / s;
                for (int a = 0; a < 2; a++)
                {
                    foreach (var (x, y, _) in Cells(s))
                    {
                        float At(int k) => run.Data[level][rows ? ((a * cells + y) * cells + x) * 8 + k : ((a * 8 + k) * cells + y) * cells + x];
                        float aw = Anchors[level][2 * a], ah = Anchors[level][2 * a + 1];
                        float[] logits = [.. Enumerable.Range(5, 3).Select(At)];
                        float[] classes = formula == "v2" ? Softmax(logits) : [.. logits.Select(Sigmoid)];
                        int best = ArgMax(classes);
                        float objectness = Sigmoid(At(4)), score = objectness * classes[best];
                        var (cx, cy, w, h) = formula == "v5"
                            ? ((2 * Sigmoid(At(0)) + x - 0.5f) * s, (2 * Sigmoid(At(1)) + y - 0.5f) * s, MathF.Pow(2 * Sigmoid(At(2)), 2) * aw, MathF.Pow(2 * Sigmoid(At(3)), 2) * ah)
                            : ((Sigmoid(At(0)) * scale - (scale - 1) / 2 + x) * s, (Sigmoid(At(1)) * scale - (scale - 1) / 2 + y) * s, MathF.Exp(At(2)) * aw, MathF.Exp(At(3)) * ah);
                        if (objectness > run.Confidence && score > run.Confidence)
                        {
                            all.Add(new Found(cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2, score, best));
                        }
                    }
                }
            }

            return Nms(all, run, offset: 7680);
        }, tolerance: 5e-3f);
    }

    [Fact]
    public void Tiny_YOLOv2_without_parameters_has_the_anchors_of_Pascal_VOC()
    {
        // The middle cell of 13 x 13, third anchor: a logit of 0 is half a cell and the anchor itself.
        var spec = DecoderCase.SpecOf(416, 416, []);
        float[] grid = new float[125 * 169];
        Array.Fill(grid, -20f);
        int cell = 6 * 13 + 6;
        for (int k = 0; k < 25; k++)
        {
            grid[(2 * 25 + k) * 169 + cell] = k < 4 ? 0 : k == 4 ? 20 : k == 11 ? 20 : 0;
        }

        var result = new VisionResult();
        DecoderCase.Create("tiny-yolov2", spec, new(0.3f, 0.5f, 300, false), ("grid", [1, 125, 13, 13])).Decode(new ArrayTensorSet(("grid", [1, 125, 13, 13], grid)), 0, FrameTransform.Identity(416, 416), result);
        Assert.Equal(1, result.Detections.Count);
        Assert.Equal(6, result.Detections.ClassIds[0]);
        var b = result.Detections.Boxes[0];
        Assert.Equal(208, (b.X1 + b.X2) / 2, 1e-3f);
        Assert.Equal(6.63f * 32, b.Width, 1e-3f);
        Assert.Equal(11.38f * 32, b.Height, 1e-3f);
    }
}
