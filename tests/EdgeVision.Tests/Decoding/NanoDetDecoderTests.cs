using EdgeVision.TestSupport;
using Xunit;
using static EdgeVision.Tests.Decoding.PlainDecoding;

namespace EdgeVision.Tests.Decoding;

/// <summary>NanoDet-Plus against nanodet_plus_head.py (get_bboxes, multiclass_nms) written plainly.</summary>
public sealed class NanoDetDecoderTests
{
    [Theory]
    [InlineData(0, true)] // Plus: the corner of a cell
    [InlineData(0.5f, true)] // the first NanoDet
    [InlineData(0, false)] // logits
    public void Equals_the_plain_formula(float offset, bool activated)
    {
        var c = DecoderCase.Of("nanodet");
        c.Spec.Outputs[0].Parameters["offset"] = System.Text.Json.JsonSerializer.SerializeToElement(offset);
        c.Spec.Outputs[0].Parameters["activated"] = System.Text.Json.JsonSerializer.SerializeToElement(activated);
        Check(c, run =>
        {
            var all = new List<Found>();
            int cell = 0;
            foreach (var (x, y, s) in Cells(8, 16))
            {
                float[] row = run.Data[0][(cell * 19)..(++cell * 19)];
                float Distance(int side) => Softmax(row[(3 + side * 4)..(7 + side * 4)]).Select((p, i) => p * i).Sum() * s;
                float cx = (x + offset) * s, cy = (y + offset) * s;
                for (int k = 0; k < 3; k++)
                {
                    float score = activated ? row[k] : Sigmoid(row[k]);
                    if (score > run.Confidence)
                    {
                        all.Add(Clip(new Found(cx - Distance(0), cy - Distance(1), cx + Distance(2), cy + Distance(3), score, k)));
                    }
                }
            }

            return Nms(all, run, offset: -1);
        });
    }
}
