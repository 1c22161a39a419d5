using EdgeVision.TestSupport;
using Xunit;
using static EdgeVision.Tests.Decoding.PlainDecoding;

namespace EdgeVision.Tests.Decoding;

/// <summary>SCRFD against insightface's scrfd.py written plainly.</summary>
public sealed class ScrfdDecoderTests
{
    [Fact]
    public void Equals_the_plain_formula() => Check(DecoderCase.Of("scrfd"), run =>
    {
        var all = new List<Found>();
        for (int level = 0; level < 3; level++)
        {
            int i = 0;
            foreach (var (x, y, s) in Cells(8 << level))
            {
                for (int anchor = 0; anchor < 2; anchor++, i++)
                {
                    float score = run.Data[level][i];
                    float[] d = [.. run.Data[3 + level][(i * 4)..(i * 4 + 4)].Select(v => v * s)], p = [.. run.Data[6 + level][(i * 10)..(i * 10 + 10)].Select(v => v * s)];
                    if (score >= run.Confidence)
                    {
                        all.Add(new Found(x * s - d[0], y * s - d[1], x * s + d[2], y * s + d[3], score, 0, [.. Enumerable.Range(0, 5).Select(k => (x * s + p[2 * k], y * s + p[2 * k + 1]))]));
                    }
                }
            }
        }

        return Nms(all, run);
    });
}
