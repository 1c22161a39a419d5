using EdgeVision.TestSupport;
using Xunit;
using static EdgeVision.Tests.Decoding.PlainDecoding;

namespace EdgeVision.Tests.Decoding;

/// <summary>Region proposals against filter_proposals written plainly; EdgeVision.Fidelity compares with torchvision's own numbers.</summary>
public sealed class RpnDecoderTests
{
    [Theory]
    [InlineData(1000, 1000, 1e-3f)]
    [InlineData(30, 9, 6f)] // each limit bites, and small boxes go
    public void Equals_the_plain_formula(int preNms, int postNms, float minSize)
    {
        var c = DecoderCase.Of("rpn");
        c.Spec.Outputs[0].Parameters["preNms"] = System.Text.Json.JsonSerializer.SerializeToElement(preNms);
        c.Spec.Outputs[0].Parameters["postNms"] = System.Text.Json.JsonSerializer.SerializeToElement(postNms);
        c.Spec.Outputs[0].Parameters["minSize"] = System.Text.Json.JsonSerializer.SerializeToElement(minSize);
        Check(c, run =>
        {
            var all = new List<Found>();
            for (int level = 0; level < 2; level++)
            {
                int s = 8 << level, cells = 64 / s, plane = cells * cells;
                var proposals = new List<(float Logit, Found Box)>();
                foreach (var (x, y, _) in Cells(s))
                {
                    for (int a = 0; a < 3; a++)
                    {
                        // Ratios 0.5, 1, 2 are height over width; half sides are rounded to even.
                        float root = MathF.Sqrt(a == 0 ? 0.5f : a), hw = MathF.Round(s / root / 2), hh = MathF.Round(s * root / 2);
                        float[] d = [.. Enumerable.Range(0, 4).Select(k => run.Data[2 + level][(a * 4 + k) * plane + y * cells + x])];
                        float cx = d[0] * 2 * hw + x * s, cy = d[1] * 2 * hh + y * s, w = MathF.Exp(Math.Min(d[2], 4.1351666f)) * 2 * hw, h = MathF.Exp(Math.Min(d[3], 4.1351666f)) * 2 * hh;
                        float logit = run.Data[level][a * plane + y * cells + x];
                        proposals.Add((logit, Clip(new Found(cx - w / 2, cy - h / 2, cx + w / 2, cy + h / 2, Sigmoid(logit), level))));
                    }
                }

                all.AddRange(proposals.OrderByDescending(p => p.Logit).Take(preNms).Select(p => p.Box).Where(b => b.X2 - b.X1 >= minSize && b.Y2 - b.Y1 >= minSize && b.Score >= run.Confidence));
            }

            // Level by level, whatever is said of classes; proposals have one.
            return Nms(all, run with { Agnostic = false }, offset: -1).Take(postNms).Select(f => f with { Class = 0 });
        }, suppresses: postNms == 1000);
    }
}
