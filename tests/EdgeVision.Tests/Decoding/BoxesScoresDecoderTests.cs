using EdgeVision.Tensors;
using EdgeVision.TestSupport;
using Xunit;
using static EdgeVision.Tests.Decoding.PlainDecoding;

namespace EdgeVision.Tests.Decoding;

/// <summary>Decoded boxes and scores against a plain loop, in every order and format.</summary>
public sealed class BoxesScoresDecoderTests
{
    [Theory]
    [InlineData("boxes-first", "xyxy", false, false, true)] // DAMO-YOLO
    [InlineData("classes-first", "xyxy", false, false, true)] // PP-YOLOE
    [InlineData("boxes-first", "yxyx", true, true, true)]
    [InlineData("classes-first", "cxcywh", false, true, false)] // the best class alone
    public void Equals_the_plain_formula(string order, string format, bool unit, bool background, bool multiLabel)
    {
        bool classesFirst = order == "classes-first";
        int skip = background ? 1 : 0, classes = 3 + skip;
        string Json(bool b) => b ? "true" : "false";
        var c = new DecoderCase
        {
            Decoder = "boxes-scores",
            Spec = DecoderCase.SpecOf(64, 64, ["a", "b", "c"], $$"""{"scores": "{{order}}", "format": "{{format}}", "unit": {{Json(unit)}}, "background": {{Json(background)}}, "multiLabel": {{Json(multiLabel)}}}"""),
            Scores = [1],
            Outputs = [("boxes", [1, 53, 4], (r, i) => (i % 4 < 2 ? r.NextSingle() / 2 : 0.3f + r.NextSingle() / 2) * (unit ? 1 : 64)), ("scores", classesFirst ? [1, classes, 53] : [1, 53, classes], (r, _) => r.NextSingle())],
        };
        Check(c, run =>
        {
            var all = new List<Found>();
            for (int i = 0; i < 53; i++)
            {
                float[] scores = [.. Enumerable.Range(skip, 3).Select(k => run.Data[1][classesFirst ? k * 53 + i : i * classes + k])];
                float scale = unit ? 64 : 1, a = run.Data[0][i * 4] * scale, b = run.Data[0][i * 4 + 1] * scale, p = run.Data[0][i * 4 + 2] * scale, q = run.Data[0][i * 4 + 3] * scale;
                var (x1, y1, x2, y2) = format switch { "xyxy" => (a, b, p, q), "yxyx" => (b, a, q, p), _ => (a - p / 2, b - q / 2, a + p / 2, b + q / 2) };
                foreach (int k in multiLabel ? Enumerable.Range(0, 3) : [ArgMax(scores)])
                {
                    if (scores[k] > run.Confidence)
                    {
                        all.Add(new Found(Math.Min(x1, x2), Math.Min(y1, y2), Math.Max(x1, x2), Math.Max(y1, y2), scores[k], k));
                    }
                }
            }

            return Nms(all, run);
        });
    }

    [Fact]
    public void What_the_graph_selected_is_not_suppressed_again()
    {
        var spec = DecoderCase.SpecOf(64, 64, ["a", "b"]);
        var decoder = DecoderCase.Create("boxes-scores", spec, new(0.3f, 0.5f, 300, false), ("boxes", [2, 2, 4]), ("scores", [2, 2, 2]), ("selected", [-1, 3]));
        float[] boxes = [0, 0, 10, 10, 1, 1, 11, 11, 20, 20, 10, 10, 5, 5, 6, 6]; // the third with its corners in another order
        float[] scores = [0.5f, 0.9f, 0.2f, 0.4f, 0.6f, 0.1f, 0.7f, 0.8f];
        float[] selected = [0, 0, 1, 0, 1, 1, 0, 0, 0, 0, 1, 0, 1, 0, 0]; // item, class, box
        var result = new VisionResult();
        var tensors = new ArrayTensorSet(("boxes", [2, 2, 4], boxes), ("scores", [2, 2, 2], scores), ("selected", [5, 3], selected));
        decoder.Decode(tensors, 0, FrameTransform.Identity(64, 64), result);
        Assert.Equal([0.9f, 0.5f, 0.4f], result.Detections.Scores.ToArray());
        Assert.Equal([0, 0, 1], result.Detections.ClassIds.ToArray());
        decoder.Decode(tensors, 1, FrameTransform.Identity(64, 64), result);
        Assert.Equal([new Box(10, 10, 20, 20)], result.Detections.Boxes.ToArray());
    }
}
