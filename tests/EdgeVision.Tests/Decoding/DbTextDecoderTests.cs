using System.Text.Json;
using EdgeVision.Tensors;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Tests.Decoding;

/// <summary>Text regions of drawn maps against OpenCV 4.6 and Clipper (tools/db-text-goldens.py says how), and their way to the frame.</summary>
public sealed class DbTextDecoderTests
{
    // OpenCV turns calipers in float32 and Clipper works on 1024ths of a pixel.
    private const double Exact = 0.005;

    // PaddleOCR cuts the corners to whole cells before it grows them: up to a pixel on each axis, and growing rounds by half a one.
    private const double Whole = 2;

    private const double Score = 1e-5;

    // A side that leaves the map is drawn from where it leaves, cut to a whole cell, so that a few cells along it fall to the other side.
    private const double ScoreAtEdges = 0.02;

    public static TheoryData<string> Cases => [.. Load().Select(c => c.GetProperty("name").GetString()!)];

    [Theory]
    [MemberData(nameof(Cases))]
    public void Regions_are_the_reference_s(string name)
    {
        var c = Load().Single(e => e.GetProperty("name").GetString() == name);
        var expected = c.GetProperty("regions").EnumerateArray().ToList();
        var d = Decode(c, FrameTransform.Identity(c.GetProperty("width").GetInt32(), c.GetProperty("height").GetInt32()));
        Assert.Equal(expected.Count, d.Count);
        double worstExact = 0, worstWhole = 0, worstScore = 0;
        for (int i = 0; i < d.Count; i++)
        {
            var corners = Corners(d.RotatedBoxes[i]);
            var match = expected.MinBy(e => Distance(Points(e.GetProperty("corners")), corners));
            expected.Remove(match);
            worstExact = Math.Max(worstExact, Distance(Points(match.GetProperty("corners")), corners));
            worstWhole = Math.Max(worstWhole, Distance(Points(match.GetProperty("whole")), corners));
            worstScore = Math.Max(worstScore, Math.Abs(match.GetProperty("score").GetDouble() - d.Scores[i]));
        }

        TestContext.Current.TestOutputHelper?.WriteLine(FormattableString.Invariant($"{name}: {d.Count} regions; corners {worstExact:F4} px off, whole ones {worstWhole:F3} px, scores {worstScore:F4}"));
        Assert.True(worstExact <= Exact && worstWhole <= Whole && worstScore <= (name == "at the edges" ? ScoreAtEdges : Score), $"corners {worstExact} px off, whole ones {worstWhole} px, scores {worstScore}");
    }

    [Fact]
    public void Regions_go_back_through_the_letterbox()
    {
        // 48 x 16 cells of the input from 16, 24 on lie at twice their size in the frame, less the padding of 16 rows.
        var d = Rectangle(FrameTransform.Identity(96, 64) with { ScaleX = 0.5f, ScaleY = 0.5f, PadY = 16, FrameWidth = 192, FrameHeight = 64 }, "");
        var box = d.RotatedBoxes[0];
        Assert.Equal(((16 + 63) / 2f * 2, ((24 + 39) / 2f - 16) * 2), (box.CenterX, box.CenterY));
        double grown = 47 * 15 * 1.5 / (47 + 15); // both sides of it
        Assert.Equal((47 + grown) * 2, box.Width, 1e-3);
        Assert.Equal((15 + grown) * 2, box.Height, 1e-3);
        Assert.Equal(0, box.Angle);
        Assert.Equal(0, d.Boxes[0].Y1); // the box ends at the frame
        Assert.Equal((31 - 16 + 0.5 + (15 + grown) / 2) * 2, d.Boxes[0].Y2, 1e-3);
    }

    [Fact]
    public void A_stretched_frame_stretches_the_rectangle()
    {
        var d = Rectangle(FrameTransform.Identity(96, 64) with { ScaleX = 0.25f, ScaleY = 2, FrameWidth = 384, FrameHeight = 32 }, ", \"unclip\": 0");
        var box = d.RotatedBoxes[0];
        Assert.Equal(((16 + 63) * 2f, (24 + 39) / 4f), (box.CenterX, box.CenterY));
        Assert.Equal(47 * 4f, box.Width, 1e-3f);
        Assert.Equal(7.5f, box.Height, 1e-3f);
    }

    [Fact]
    public void A_smaller_map_than_the_input_is_enlarged()
    {
        var d = Rectangle(FrameTransform.Identity(192, 192), ", \"unclip\": 0");
        Assert.Equal(((16 + 63) / 2f * 2, (24 + 39) / 2f * 3), (d.RotatedBoxes[0].CenterX, d.RotatedBoxes[0].CenterY));
        Assert.Equal((94f, 45f), (d.RotatedBoxes[0].Width, d.RotatedBoxes[0].Height));
    }

    [Fact]
    public void Logits_become_probabilities_where_asked()
    {
        float[] logits = [.. Drawn().Select(p => MathF.Log(p / (1 - p)))];
        var plain = Run(Drawn(), FrameTransform.Identity(96, 64), "");
        var asked = Run(logits, FrameTransform.Identity(96, 64), ", \"activated\": false");
        Assert.Equal(plain.RotatedBoxes[0], asked.RotatedBoxes[0]);
        Assert.Equal(plain.Scores[0], asked.Scores[0], 1e-6f);
    }

    [Theory]
    [InlineData("\"boxThreshold\": 0.85", 0)] // the mean is 0.8
    [InlineData("\"boxThreshold\": 0.79", 1)]
    [InlineData("\"threshold\": 0.8", 0)] // not above
    [InlineData("\"minSize\": 16", 0)] // the short side is 15
    [InlineData("\"minSize\": 15", 1)]
    [InlineData("\"minSize\": 15, \"unclip\": 0.01", 0)] // it grows to 15.1 of 17
    public void Thresholds_are_the_spec_s(string parameters, int count) =>
        Assert.Equal(count, Run(Drawn(), FrameTransform.Identity(96, 64), ", " + parameters).Count);

    [Fact]
    public void Two_names_for_one_class_are_refused()
    {
        var c = DecoderCase.Of("db-text");
        c.Spec.Labels = ["text", "picture"];
        Assert.Throws<ModelFormatException>(() => c.Create());
    }

    private static float[] Drawn() => [.. Enumerable.Range(0, 96 * 64).Select(i => i % 96 is >= 16 and < 64 && i / 96 is >= 24 and < 40 ? 0.8f : 0.1f)];

    private static Detections Rectangle(in FrameTransform transform, string more) => Run(Drawn(), transform, more);

    private static Detections Run(float[] map, in FrameTransform transform, string more)
    {
        var spec = DecoderCase.SpecOf(transform.InputWidth, transform.InputHeight, ["text"], "{\"maxCandidates\": 1000" + more + "}");
        var result = new VisionResult();
        DecoderCase.Create("db-text", spec, new(0.3f, 0.5f, 300, false), ("map", [1, 1, 64, 96])).Decode(new ArrayTensorSet(("map", [1, 1, 64, 96], map)), 0, transform, result);
        return result.Detections;
    }

    private static Detections Decode(JsonElement c, in FrameTransform transform)
    {
        int width = c.GetProperty("width").GetInt32(), height = c.GetProperty("height").GetInt32();
        float[] map = [.. Enumerable.Repeat(0.02f, width * height)];
        foreach (var s in c.GetProperty("shapes").EnumerateArray())
        {
            double Of(string name) => s.GetProperty(name).GetDouble();
            for (int i = 0; i < map.Length; i++)
            {
                double dx = i % width - Of("x"), dy = i / width - Of("y");
                double u = dx * Of("cos") + dy * Of("sin"), v = dy * Of("cos") - dx * Of("sin");
                if (Math.Abs(u) <= Of("w") / 2 && Math.Abs(v) <= Of("h") / 2)
                {
                    map[i] = (float)(Of("value") * (0.9 + 0.01 * ((7 * (i % width) + 13 * (i / width)) % 11)));
                }
            }
        }

        string parameters = FormattableString.Invariant($$"""{"unclip": {{c.GetProperty("ratio").GetDouble()}}, "maxCandidates": {{c.GetProperty("most").GetInt32()}}}""");
        var result = new VisionResult();
        DecoderCase.Create("db-text", DecoderCase.SpecOf(width, height, ["text"], parameters), new(0.3f, 0.5f, 1000, false), ("map", [1, 1, height, width]))
            .Decode(new ArrayTensorSet(("map", [1, 1, height, width], map)), 0, transform, result);
        return result.Detections;
    }

    private static (double X, double Y)[] Corners(RotatedBox box) => [.. (((int, int)[])[(-1, -1), (1, -1), (1, 1), (-1, 1)]).Select(s =>
    {
        double u = s.Item1 * box.Width / 2.0, v = s.Item2 * box.Height / 2.0, cos = Math.Cos(box.Angle), sin = Math.Sin(box.Angle);
        return (box.CenterX + cos * u - sin * v, box.CenterY + sin * u + cos * v);
    })];

    private static (double X, double Y)[] Points(JsonElement corners) => [.. corners.EnumerateArray().Select(p => (p[0].GetDouble(), p[1].GetDouble()))];

    // The farthest of the corners from its counterpart, in the numbering that fits best.
    private static double Distance((double X, double Y)[] a, (double X, double Y)[] b) => Enumerable.Range(0, 8).Min(k =>
        Enumerable.Range(0, 4).Max(i => b[k < 4 ? (i + k) % 4 : (7 + k - i) % 4] is var q ? Math.Max(Math.Abs(a[i].X - q.X), Math.Abs(a[i].Y - q.Y)) : 0));

    private static JsonElement[] Load() =>
        [.. JsonDocument.Parse(File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Decoding", "Data", "db-text.json"))).RootElement.EnumerateArray()];
}
