using EdgeVision.Tensors;
using EdgeVision.TestSupport;
using Xunit;
using static EdgeVision.Tests.Decoding.PlainDecoding;

namespace EdgeVision.Tests.Decoding;

/// <summary>Rows with objectness: YOLOv5's export by Ultralytics' rules, YOLOX's by its own.</summary>
public sealed class YoloRowsDecoderTests
{
    [Fact]
    public void YOLOv5_gates_objectness_first()
    {
        var c = DecoderCase.Of("yolo-rows");
        Check(c, run =>
        {
            var all = new List<Found>();
            for (int i = 0; i < 53; i++)
            {
                float[] r = run.Data[0][(i * 8)..(i * 8 + 8)];
                int best = ArgMax(r[5..]);
                if (r[4] > run.Confidence && r[4] * r[5 + best] > run.Confidence)
                {
                    all.Add(new Found(r[0] - r[2] / 2, r[1] - r[3] / 2, r[0] + r[2] / 2, r[1] + r[3] / 2, r[4] * r[5 + best], best));
                }
            }

            return Nms(all, run, offset: 7680);
        });
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)] // decode_in_inference
    public void YOLOX_takes_a_score_at_the_threshold(bool decoded)
    {
        var c = DecoderCase.Of("yolox");
        c.Spec.Outputs[0].Parameters["decoded"] = System.Text.Json.JsonSerializer.SerializeToElement(decoded);
        Check(c, run =>
        {
            var all = new List<Found>();
            int i = 0;
            foreach (var (x, y, s) in Cells(8, 16, 32))
            {
                float[] r = run.Data[0][(i * 8)..(++i * 8)];
                int best = ArgMax(r[5..]);
                var (cx, cy, w, h) = decoded ? (r[0], r[1], r[2], r[3]) : ((r[0] + x) * s, (r[1] + y) * s, MathF.Exp(r[2]) * s, MathF.Exp(r[3]) * s);
                if (r[4] * r[5 + best] >= run.Confidence)
                {
                    all.Add(new Found(cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2, r[4] * r[5 + best], best));
                }
            }

            return Nms(all, run, offset: -1);
        });

        // Exactly at it, as the loop above seldom is.
        float[] rows = new float[84 * 8];
        (rows[4], rows[5]) = (0.5f, 0.5f);
        var result = new VisionResult();
        c.Create(c.Options with { Confidence = 0.25f }).Decode(new ArrayTensorSet(("rows", [1, 84, 8], rows)), 0, c.Transform, result);
        Assert.Equal([0.25f], result.Detections.Scores.ToArray());
    }
}
