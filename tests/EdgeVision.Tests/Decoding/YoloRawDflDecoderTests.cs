using EdgeVision.TestSupport;
using Xunit;
using static EdgeVision.Tests.Decoding.PlainDecoding;

namespace EdgeVision.Tests.Decoding;

/// <summary>Raw heads with distributions against block.py's DFL and tal.py's dist2bbox written plainly.</summary>
public sealed class YoloRawDflDecoderTests
{
    [Theory]
    [InlineData(4, false, false)]
    [InlineData(4, true, true)] // boxes and classes in one output
    [InlineData(1, false, false)] // YOLOv6: the distance itself
    public void Equals_the_plain_formula(int bins, bool activated, bool joined)
    {
        static float Logit(Random r, int i) => r.NextSingle() * 6 - 3;
        static float Unit(Random r, int i) => r.NextSingle();
        Func<Random, int, float> score = activated ? Unit : Logit, side = bins == 1 ? (r, _) => 0.2f + r.NextSingle() * 2 : Logit;
        var c = new DecoderCase
        {
            Decoder = "yolo-dfl-raw",
            Spec = DecoderCase.SpecOf(64, 64, ["a", "b", "c"], $$"""{"strides": [8, 16], "bins": {{bins}}, "activated": {{(activated ? "true" : "false")}}}"""),
            Scores = joined ? [0, 1] : [1, 3],
            Outputs = joined
                ? [("p8", [1, 4 * bins + 3, 8, 8], (r, i) => i / 64 < 4 * bins ? side(r, i) : score(r, i)), ("p16", [1, 4 * bins + 3, 4, 4], (r, i) => i / 16 < 4 * bins ? side(r, i) : score(r, i))]
                : [("box8", [1, 4 * bins, 8, 8], side), ("cls8", [1, 3, 8, 8], score), ("box16", [1, 4 * bins, 4, 4], side), ("cls16", [1, 3, 4, 4], score)],
        };
        Check(c, run =>
        {
            var all = new List<Found>();
            for (int level = 0; level < 2; level++)
            {
                int s = level == 0 ? 8 : 16, cells = 64 / s, plane = cells * cells;
                float[] boxes = run.Data[joined ? level : 2 * level], classes = joined ? boxes[(4 * bins * plane)..] : run.Data[2 * level + 1];
                foreach (var (x, y, _) in Cells(s))
                {
                    int cell = y * cells + x;
                    float Distance(int k) => bins == 1 ? boxes[k * plane + cell] : Softmax([.. Enumerable.Range(0, bins).Select(b => boxes[(k * bins + b) * plane + cell])]).Select((p, b) => p * b).Sum();
                    float[] scores = [.. Enumerable.Range(0, 3).Select(k => activated ? classes[k * plane + cell] : Sigmoid(classes[k * plane + cell]))];
                    int best = ArgMax(scores);
                    if (scores[best] > run.Confidence)
                    {
                        all.Add(new Found((x + 0.5f - Distance(0)) * s, (y + 0.5f - Distance(1)) * s, (x + 0.5f + Distance(2)) * s, (y + 0.5f + Distance(3)) * s, scores[best], best));
                    }
                }
            }

            return Nms(all, run, offset: 7680);
        });
    }
}
