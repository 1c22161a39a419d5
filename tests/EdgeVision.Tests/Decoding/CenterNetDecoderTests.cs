using EdgeVision.TestSupport;
using Xunit;
using static EdgeVision.Tests.Decoding.PlainDecoding;

namespace EdgeVision.Tests.Decoding;

/// <summary>CenterNet against ctdet_decode written plainly: peaks of 3 x 3, the best of all classes.</summary>
public sealed class CenterNetDecoderTests
{
    [Theory]
    [InlineData(100, false, false)]
    [InlineData(5, false, true)] // with offsets
    [InlineData(100, true, true)] // sigmoids in the graph
    public void Equals_the_plain_formula(int topK, bool activated, bool offsets)
    {
        var old = DecoderCase.Of("centernet");
        var c = new DecoderCase
        {
            Decoder = "centernet", Spec = DecoderCase.SpecOf(64, 64, ["a", "b", "c"], $$"""{"topk": {{topK}}, "activated": {{(activated ? "true" : "false")}}}"""),
            Outputs = offsets ? [.. old.Outputs, ("offsets", [1, 2, 9, 7], (r, _) => r.NextSingle())] : old.Outputs,
        };
        Check(c, run =>
        {
            float[] heat = [.. run.Data[0].Select(v => activated ? v : Sigmoid(v))];
            var peaks = new List<(int Class, int Y, int X, float Score)>();
            for (int k = 0; k < 3; k++)
            {
                for (int y = 0; y < 9; y++)
                {
                    for (int x = 0; x < 7; x++)
                    {
                        float most = float.NegativeInfinity;
                        for (int v = Math.Max(0, y - 1); v <= Math.Min(8, y + 1); v++)
                        {
                            for (int u = Math.Max(0, x - 1); u <= Math.Min(6, x + 1); u++)
                            {
                                most = Math.Max(most, run.Data[0][(k * 9 + v) * 7 + u]);
                            }
                        }

                        if (run.Data[0][(k * 9 + y) * 7 + x] == most)
                        {
                            peaks.Add((k, y, x, heat[(k * 9 + y) * 7 + x]));
                        }
                    }
                }
            }

            return peaks.OrderByDescending(p => p.Score).Take(topK).Where(p => p.Score > run.Confidence).Select(p =>
            {
                int at = p.Y * 7 + p.X;
                float cx = p.X + (offsets ? run.Data[2][at] : 0.5f), cy = p.Y + (offsets ? run.Data[2][63 + at] : 0.5f), w = run.Data[1][at], h = run.Data[1][63 + at];
                return new Found((cx - w / 2) * 64 / 7, (cy - h / 2) * 64 / 9, (cx + w / 2) * 64 / 7, (cy + h / 2) * 64 / 9, p.Score, p.Class);
            });
        }, suppresses: false);
    }
}
