using EdgeVision.TestSupport;
using Xunit;
using static EdgeVision.Tests.Decoding.PlainDecoding;

namespace EdgeVision.Tests.Decoding;

/// <summary>RetinaFace against Pytorch_Retinaface's prior_box.py, box_utils.py and py_cpu_nms.py written plainly.</summary>
public sealed class RetinaFaceDecoderTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Equals_the_plain_formula(bool softmax)
    {
        // Offsets large enough for boxes of neighbours to meet.
        var old = DecoderCase.Of("retinaface");
        var c = new DecoderCase { Decoder = old.Decoder, Spec = old.Spec, Scores = [1], Outputs = [("loc", old.Outputs[0].Shape, (r, _) => r.NextSingle() * 6 - 2), old.Outputs[1], old.Outputs[2]] };
        c.Spec.Outputs[0].Parameters["softmax"] = System.Text.Json.JsonSerializer.SerializeToElement(softmax);
        Check(c, run =>
        {
            var all = new List<Found>();
            int prior = 0;
            foreach (var (x, y, s) in Cells(8))
            {
                foreach (int side in (int[])[8, 16])
                {
                    // Parts of the picture, as there.
                    float px = (x + 0.5f) * s / 64, py = (y + 0.5f) * s / 64, p = side / 64f;
                    float[] d = run.Data[0][(prior * 4)..(prior * 4 + 4)];
                    float cx = px + d[0] * 0.1f * p, cy = py + d[1] * 0.1f * p, w = p * MathF.Exp(d[2] * 0.2f), h = p * MathF.Exp(d[3] * 0.2f);
                    float score = softmax ? Softmax(run.Data[1][(prior * 2)..(prior * 2 + 2)])[1] : run.Data[1][prior * 2 + 1];
                    var points = Enumerable.Range(0, 5).Select(k => ((px + run.Data[2][prior * 10 + 2 * k] * 0.1f * p) * 64, (py + run.Data[2][prior * 10 + 2 * k + 1] * 0.1f * p) * 64)).ToArray();
                    if (score > run.Confidence)
                    {
                        all.Add(new Found((cx - w / 2) * 64, (cy - h / 2) * 64, (cx + w / 2) * 64, (cy + h / 2) * 64, score, 0, points));
                    }

                    prior++;
                }
            }

            return Nms(all, run, grow: 1);
        });
    }
}
