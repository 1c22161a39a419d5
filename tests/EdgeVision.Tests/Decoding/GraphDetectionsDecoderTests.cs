using EdgeVision.Tensors;
using EdgeVision.TestSupport;
using Xunit;
using static EdgeVision.Tests.Decoding.PlainDecoding;

namespace EdgeVision.Tests.Decoding;

/// <summary>Rows that a graph suppressed itself, in the orders in which exporters put them.</summary>
public sealed class GraphDetectionsDecoderTests
{
    private static readonly string[] Labels = ["a", "b", "c"];

    [Theory]
    [InlineData("xyxy", false)] // EfficientNMS
    [InlineData("yxyx", true)] // TensorFlow
    [InlineData("cxcywh", false)]
    public void Arrays_with_a_count(string format, bool unit)
    {
        var old = DecoderCase.Of("detections");
        var c = new DecoderCase
        {
            Decoder = old.Decoder, Spec = DecoderCase.SpecOf(64, 64, Labels, $$"""{"format": "{{format}}", "unit": {{(unit ? "true" : "false")}}}"""),
            Scores = [2],
            Outputs = [old.Outputs[0], ("boxes", [1, 20, 4], (r, _) => r.NextSingle() * (unit ? 1 : 60)), old.Outputs[2], ("classes", [1, 20], (r, _) => r.Next(3))],
        };
        Check(Whole(c), run => Enumerable.Range(0, (int)run.Data[0][0]).Where(i => run.Data[2][i] > run.Confidence).OrderByDescending(i => run.Data[2][i]).Select(i =>
        {
            float scale = unit ? 64 : 1, a = run.Data[1][i * 4] * scale, b = run.Data[1][i * 4 + 1] * scale, p = run.Data[1][i * 4 + 2] * scale, q = run.Data[1][i * 4 + 3] * scale;
            var (x1, y1, x2, y2) = format switch { "xyxy" => (a, b, p, q), "yxyx" => (b, a, q, p), _ => (a - p / 2, b - q / 2, a + p / 2, b + q / 2) };
            return new Found(x1, y1, x2, y2, run.Data[2][i], (int)run.Data[3][i]);
        }), suppresses: false);
    }

    [Fact]
    public void Rows_of_YOLOv7_s_end_to_end_export_know_whose_they_are()
    {
        var spec = DecoderCase.SpecOf(64, 64, Labels, """{"columns": ["item", "x1", "y1", "x2", "y2", "class", "score"]}""");
        float[] rows =
        [
            0, 1, 2, 11, 12, 2, 0.9f,
            1, 5, 5, 20, 20, 0, 0.8f, // another picture's
            0, 3, 4, 13, 14, 1, 0.95f,
            0, 3, 4, 13, 14, 1, 0.3f, // at the threshold, not above
        ];
        var decoder = DecoderCase.Create("detections", spec, new(0.3f, 0.5f, 300, false), ("rows", [-1, 7]));
        var result = new VisionResult();
        decoder.Decode(new ArrayTensorSet(("rows", [4, 7], rows)), 0, FrameTransform.Identity(64, 64), result);
        Assert.Equal([0.95f, 0.9f], result.Detections.Scores.ToArray());
        Assert.Equal([1, 2], result.Detections.ClassIds.ToArray());
        Assert.Equal(new Box(1, 2, 11, 12), result.Detections.Boxes[1]);
        decoder.Decode(new ArrayTensorSet(("rows", [4, 7], rows)), 1, FrameTransform.Identity(64, 64), result);
        Assert.Equal([new Box(5, 5, 20, 20)], result.Detections.Boxes.ToArray());
    }

    [Theory]
    [InlineData(1)] // torchvision, TensorFlow: 0 is the background
    [InlineData(5)]
    public void Classes_begin_where_the_spec_says_and_lower_ones_are_left_out(int first)
    {
        var spec = DecoderCase.SpecOf(64, 64, Labels, $$"""{"order": ["scores", "boxes", "classes"], "firstClass": {{first}}}""");
        var result = new VisionResult();
        DecoderCase.Create("detections", spec, new(0.3f, 0.5f, 300, false), ("s", [1, 3]), ("b", [1, 3, 4]), ("c", [1, 3]))
            .Decode(new ArrayTensorSet(("s", [1, 3], [0.5f, 0.9f, 0.7f]), ("b", [1, 3, 4], [0, 0, 1, 1, 0, 0, 2, 2, 0, 0, 3, 3]), ("c", [1, 3], [first, first - 1, first + 2])), 0, FrameTransform.Identity(64, 64), result);
        Assert.Equal([2, 0], result.Detections.ClassIds.ToArray());
        Assert.Equal([0.7f, 0.5f], result.Detections.Scores.ToArray());
    }

    // Changed inputs must stay counts and classes.
    private static DecoderCase Whole(DecoderCase c) => new()
    {
        Decoder = c.Decoder, Spec = c.Spec, Scores = c.Scores, Outputs = [("count", [1, 1], (_, _) => 17), c.Outputs[1], c.Outputs[2], ("classes", [1, 20], (r, _) => r.Next(2))],
    };
}
