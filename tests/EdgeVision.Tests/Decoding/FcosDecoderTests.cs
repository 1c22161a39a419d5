using EdgeVision.Decoding;
using EdgeVision.Tensors;
using EdgeVision.TestSupport;
using Xunit;
using static EdgeVision.Tests.Decoding.PlainDecoding;

namespace EdgeVision.Tests.Decoding;

/// <summary>FCOS against torchvision's formulas written plainly, and against torchvision itself.</summary>
public sealed class FcosDecoderTests
{
    [Theory]
    [InlineData(1000)]
    [InlineData(20)] // cuts each level
    public void Equals_the_plain_formula(int topK)
    {
        var c = DecoderCase.Of("fcos");
        c.Spec.Outputs[0].Parameters["topk"] = System.Text.Json.JsonSerializer.SerializeToElement(topK);
        Check(c, run =>
        {
            var all = new List<Found>();
            int cell = 0;
            foreach (int stride in (int[])[8, 16])
            {
                var level = new List<Found>();
                foreach (var (x, y, s) in Cells(stride))
                {
                    for (int k = 0; k < 3; k++)
                    {
                        float score = MathF.Sqrt(Sigmoid(run.Data[0][cell * 3 + k]) * Sigmoid(run.Data[2][cell]));
                        float[] d = run.Data[1][(cell * 4)..(cell * 4 + 4)];
                        if (score > run.Confidence)
                        {
                            level.Add(Clip(new Found(x * s - d[0] * s, y * s - d[1] * s, x * s + d[2] * s, y * s + d[3] * s, score, k)));
                        }
                    }

                    cell++;
                }

                all.AddRange(level.OrderByDescending(f => f.Score).Take(topK));
            }

            return Nms(all, run, offset: -1);
        });
    }

    [Fact]
    public void Equals_torchvision()
    {
        var golden = SmallGolden.Read("fcos");
        int width = golden.GetProperty("width").GetInt32(), height = golden.GetProperty("height").GetInt32(), cells = golden.GetProperty("centreness").GetArrayLength();
        var spec = DecoderCase.SpecOf(width, height, ["a", "b", "c"], $$"""{"strides": {{golden.GetProperty("strides").GetRawText()}}, "topk": {{golden.GetProperty("topk").GetInt32()}}}""");
        var options = new DecoderOptions(golden.GetProperty("score").GetSingle(), golden.GetProperty("iou").GetSingle(), golden.GetProperty("most").GetInt32(), false);
        var tensors = new ArrayTensorSet(
            ("cls_logits", [1, cells, 3], SmallGolden.Floats(golden, "cls_logits")), ("bbox_regression", [1, cells, 4], SmallGolden.Floats(golden, "bbox_regression")), ("centreness", [1, cells, 1], SmallGolden.Floats(golden, "centreness")));
        var result = new VisionResult();
        DecoderCase.Create("fcos", spec, options, [.. Enumerable.Range(0, 3).Select(i => (tensors.GetName(i), tensors.GetShape(i).ToArray()))]).Decode(tensors, 0, FrameTransform.Identity(width, height), result);
        float[] boxes = SmallGolden.Floats(golden, "boxes"), scores = SmallGolden.Floats(golden, "scores"), labels = SmallGolden.Floats(golden, "labels");
        Assert.Equal(scores.Length, result.Detections.Count);
        for (int i = 0; i < scores.Length; i++)
        {
            Assert.Equal(scores[i], result.Detections.Scores[i], 1e-6f);
            Assert.Equal((int)labels[i], result.Detections.ClassIds[i]);
            Assert.Equal(0, Reference.Distance(new Box(boxes[4 * i], boxes[4 * i + 1], boxes[4 * i + 2], boxes[4 * i + 3]), result.Detections.Boxes[i]), 1e-4f);
        }
    }
}
