using EdgeVision.TestSupport;
using Xunit;
using static EdgeVision.Tests.Decoding.PlainDecoding;

namespace EdgeVision.Tests.Decoding;

/// <summary>MediaPipe's detectors against its calculators written plainly: anchors, decoding, weighted suppression.</summary>
public sealed class MediaPipeDecoderTests
{
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void Equals_the_plain_formula(bool exponential)
    {
        var old = DecoderCase.Of("mediapipe");
        var c = new DecoderCase
        {
            Decoder = old.Decoder, Spec = old.Spec,
            Outputs = [old.Outputs[0], ("boxes", old.Outputs[1].Shape, exponential ? (r, i) => r.NextSingle() * 8 - 4 : old.Outputs[1].Fill)],
        };
        c.Spec.Outputs[0].Parameters["exponential"] = System.Text.Json.JsonSerializer.SerializeToElement(exponential);
        Check(c, run =>
        {
            // ssd_anchors_calculator: 8, 16, then three layers of 32 that share a grid; two boxes a layer and cell, all of size 1.
            var anchors = from layer in ((int Stride, int Layers)[])[(8, 1), (16, 1), (32, 3)] from cell in Cells(layer.Stride) from _ in Enumerable.Range(0, 2 * layer.Layers)
                select ((cell.X + 0.5f) * cell.Stride / 64, (cell.Y + 0.5f) * cell.Stride / 64);
            var left = new List<(float Score, float[] Row)>();
            int i = 0;
            foreach (var (ax, ay) in anchors)
            {
                float score = Sigmoid(Math.Clamp(run.Data[0][i], -100, 100));
                float[] raw = run.Data[1][(i * 12)..(++i * 12)];
                float cx = raw[0] / 64 + ax, cy = raw[1] / 64 + ay, w = raw[2] / 64, h = raw[3] / 64;
                (w, h) = exponential ? (MathF.Exp(w), MathF.Exp(h)) : (w, h);
                if (score >= run.Confidence)
                {
                    left.Add((score, [cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2, .. raw[4..].Select((v, k) => v / 64 + (k % 2 == 0 ? ax : ay))]));
                }
            }

            var found = new List<Found>();
            left = [.. left.OrderByDescending(v => v.Score)];
            while (left.Count > 0)
            {
                var best = left[0];
                var group = left.Where((v, k) => k == 0 || Iou(best.Row, v.Row) > run.Iou).ToArray();
                float[] mean = [.. Enumerable.Range(0, 12).Select(k => group.Sum(v => v.Score * v.Row[k]) / group.Sum(v => v.Score) * 64)];
                found.Add(new Found(mean[0], mean[1], mean[2], mean[3], best.Score, 0, [.. Enumerable.Range(2, 4).Select(k => (mean[2 * k], mean[2 * k + 1]))]));
                left = [.. left.Where(v => !group.Any(g => ReferenceEquals(g.Row, v.Row)))];
            }

            return found;
        });
    }

    private static float Iou(float[] a, float[] b)
    {
        float w = Math.Max(0, Math.Min(a[2], b[2]) - Math.Max(a[0], b[0])), h = Math.Max(0, Math.Min(a[3], b[3]) - Math.Max(a[1], b[1]));
        return w * h / ((a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - w * h);
    }
}
