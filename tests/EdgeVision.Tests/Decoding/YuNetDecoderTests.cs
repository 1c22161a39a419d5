using EdgeVision.TestSupport;
using Xunit;
using static EdgeVision.Tests.Decoding.PlainDecoding;

namespace EdgeVision.Tests.Decoding;

/// <summary>YuNet against face_detect.cpp written plainly; EdgeVision.Fidelity runs OpenCV itself.</summary>
public sealed class YuNetDecoderTests
{
    [Fact]
    public void Equals_the_plain_formula() => Check(DecoderCase.Of("yunet"), run =>
    {
        var all = new List<(Found Exact, Found Whole)>();
        for (int level = 0; level < 3; level++)
        {
            int s = 8 << level, i = 0;
            float[] cls = run.Data[level], obj = run.Data[3 + level], box = run.Data[6 + level], kps = run.Data[9 + level];
            foreach (var (x, y, _) in Cells(s))
            {
                float score = MathF.Sqrt(Math.Clamp(cls[i], 0, 1) * Math.Clamp(obj[i], 0, 1));
                float cx = (x + box[i * 4]) * s, cy = (y + box[i * 4 + 1]) * s, w = MathF.Exp(box[i * 4 + 2]) * s, h = MathF.Exp(box[i * 4 + 3]) * s;
                var points = Enumerable.Range(0, 5).Select(k => ((kps[i * 10 + 2 * k] + x) * s, (kps[i * 10 + 2 * k + 1] + y) * s)).ToArray();
                if (score >= run.Confidence)
                {
                    // Rect2i for the suppression: truncated corner and sides.
                    float left = cx - w / 2, top = cy - h / 2;
                    var exact = new Found(left, top, left + w, top + h, score, 0, points);
                    all.Add((exact, new Found((int)left, (int)top, (int)left + (int)w, (int)top + (int)h, score, 0)));
                }

                i++;
            }
        }

        // NMSBoxes drops scores at the threshold; a single face never gets there.
        var kept = all.Count == 1 ? [all[0].Whole] : Nms(all.Select(v => v.Whole).Where(f => f.Score > run.Confidence), run);
        return kept.Select(k => all.First(v => ReferenceEquals(v.Whole, k)).Exact);
    });
}
