using EdgeVision.Tensors;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Tests.Decoding;

/// <summary>Oriented boxes against Ultralytics' formulas in double precision.</summary>
public sealed class YoloObbDecoderTests
{
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    public void Suppression_is_rotated_fast_nms(int seed)
    {
        const int anchors = 53;
        var c = DecoderCase.Of("yolo-obb");
        var tensors = c.Tensors(seed);
        float[] rows = tensors.GetData(0).ToArray();
        var result = new VisionResult();
        c.Create().Decode(tensors, 0, c.Transform, result);
        var candidates = Enumerable.Range(0, anchors)
            .Select(a => (Anchor: a, Class: Enumerable.Range(0, 3).MaxBy(k => rows[(4 + k) * anchors + a])))
            .Select(v => (v.Anchor, v.Class, Score: rows[(4 + v.Class) * anchors + v.Anchor]))
            .Where(v => v.Score > c.Options.Confidence).OrderByDescending(v => v.Score).ToArray();
        double[] Box(int a) => [.. ((int[])[0, 1, 2, 3, 7]).Select(row => (double)rows[row * anchors + a])];

        // A suppressed box suppresses too: each is judged against all that are better.
        var expected = candidates.Where((v, i) => candidates[..i].All(w => w.Class != v.Class || ProbIou(Box(w.Anchor), Box(v.Anchor)) < c.Options.Iou)).ToArray();
        Assert.True(expected.Length > 3 && expected.Length < candidates.Length, "the case shows nothing");
        Assert.Equal(expected.Select(v => (v.Class, v.Score)), Enumerable.Range(0, result.Detections.Count).Select(i => (result.Detections.ClassIds[i], result.Detections.Scores[i])));
    }

    [Theory]
    [InlineData(20, 10, 0.5f, 20, 10, 0.5f)]
    [InlineData(10, 20, 0.5f, 20, 10, 0.5f + MathF.PI / 2)] // w >= h
    [InlineData(20, 10, -0.5f, 20, 10, MathF.PI - 0.5f)] // angle in [0, pi)
    [InlineData(10, 20, 2, 20, 10, 2 - MathF.PI / 2)]
    public void Boxes_are_regularised(float w, float h, float angle, float width, float height, float regular)
    {
        var box = Decode([32, 32, w, h, 0.9f, 0, 0, angle], FrameTransform.Identity(64, 64));
        Assert.Equal(width, box.Rotated.Width, 1e-5f);
        Assert.Equal(height, box.Rotated.Height, 1e-5f);
        Assert.Equal(regular, box.Rotated.Angle, 1e-5f);
        float ex = (width * MathF.Abs(MathF.Cos(regular)) + height * MathF.Abs(MathF.Sin(regular))) / 2;
        Assert.Equal(32 - ex, box.Around.X1, 1e-4f);
    }

    [Fact]
    public void Centre_and_sides_are_clipped_to_the_frame_as_Ultralytics_clips_them()
    {
        var (rotated, _) = Decode([63, 70, 300, 80, 0.9f, 0, 0, 0.25f], FrameTransform.Identity(64, 64));
        Assert.Equal((63, 64, 64, 64), (rotated.CenterX, rotated.CenterY, rotated.Width, rotated.Height));
    }

    private static (RotatedBox Rotated, Box Around) Decode(float[] rows, in FrameTransform transform)
    {
        var c = DecoderCase.Of("yolo-obb");
        var result = new VisionResult();
        DecoderCase.Create(c.Decoder, c.Spec, c.Options, ("rows", [1, 8, 1])).Decode(new ArrayTensorSet(("rows", [1, 8, 1], rows)), 0, transform, result);
        return (result.Detections.RotatedBoxes[0], result.Detections.Boxes[0]);
    }

    private static double ProbIou(double[] p, double[] q)
    {
        static (double A, double B, double C) Covariance(double[] v)
        {
            double a = v[2] * v[2] / 12, b = v[3] * v[3] / 12, cos = Math.Cos(v[4]), sin = Math.Sin(v[4]);
            return (a * cos * cos + b * sin * sin, a * sin * sin + b * cos * cos, (a - b) * cos * sin);
        }

        const double eps = 1e-7;
        var (a1, b1, c1) = Covariance(p);
        var (a2, b2, c2) = Covariance(q);
        double dx = p[0] - q[0], dy = p[1] - q[1], d = (a1 + a2) * (b1 + b2) - (c1 + c2) * (c1 + c2);
        double t1 = ((a1 + a2) * dy * dy + (b1 + b2) * dx * dx) / (d + eps) / 4;
        double t2 = (c1 + c2) * -dx * dy / (d + eps) / 2;
        double t3 = Math.Log(d / (4 * Math.Sqrt(Math.Max(a1 * b1 - c1 * c1, 0) * Math.Max(a2 * b2 - c2 * c2, 0)) + eps) + eps) / 2;
        return 1 - Math.Sqrt(1 - Math.Exp(-Math.Clamp(t1 + t2 + t3, eps, 100)) + eps);
    }
}
