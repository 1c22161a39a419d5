using EdgeVision.TestSupport.Pipeline;
using Xunit;

namespace EdgeVision.Pipeline.Skia.Tests;

/// <summary>What a pipeline adds to a frame is drawn where it belongs, for frames of every format.</summary>
public sealed class PipelineAnnotatorTests
{
    private const int Width = 320, Height = 240;

    private sealed class Gate(string name, bool isArea, params (float X, float Y)[] outline) : IPipelineRule
    {
        public string Name => name;

        public IReadOnlyList<(float X, float Y)> Outline => outline;

        public bool IsPolygon => isArea;

        public void Update(PipelineFrame frame)
        {
        }

        public void Reset()
        {
        }
    }

    [Theory]
    [InlineData(PixelFormat.Gray8)]
    [InlineData(PixelFormat.Bgr24)]
    [InlineData(PixelFormat.Rgb24)]
    [InlineData(PixelFormat.Bgra32)]
    [InlineData(PixelFormat.Rgba32)]
    [InlineData(PixelFormat.Nv12)]
    [InlineData(PixelFormat.I420)]
    [InlineData(PixelFormat.Yuy2)]
    public void Every_format_is_drawn_on(PixelFormat format)
    {
        using var frame = Plain(0, format);
        using var canvas = Draw(frame, new PipelineAnnotatorOptions { Caption = false });
        var gray = Pixel(canvas, 300, 230);
        Assert.All((byte[])[gray.B, gray.G, gray.R], v => Assert.InRange(v, 125, 135)); // the frame's gray
        var box = frame.Result.Detections.Boxes[0];
        Assert.True(Changed(canvas, (int)box.X1, (int)(box.Y1 + box.Y2) / 2), "the box's edge");
    }

    [Fact]
    public void A_trail_follows_where_a_track_has_been_and_ends_with_it()
    {
        using var annotator = new PipelineAnnotator(new PipelineAnnotatorOptions { Trail = 5, Caption = false });
        using var canvas = Frame.Rent(PixelFormat.Bgra32, Width, Height);
        for (int i = 0; i <= 10; i++)
        {
            using var frame = Plain(i * 10);
            annotator.UpdateTrails(frame);
            annotator.Draw(frame, canvas);
        }

        // The middle moves 20 pixels a frame to the right: the last four steps are seen, what was before is not.
        using var last = Plain(100);
        var box = last.Result.Detections.Boxes[0];
        int middle = (int)(box.X1 + box.X2) / 2, row = (int)(box.Y1 + box.Y2) / 2;
        Assert.True(Changed(canvas, middle - 10, row) && Changed(canvas, middle - 70, row));
        Assert.False(Changed(canvas, middle - 95, row));

        using var empty = new PipelineFrame(Gray(PixelFormat.Bgr24, 11), "door", "m");
        annotator.UpdateTrails(empty);
        annotator.Draw(empty, canvas);
        Assert.False(Changed(canvas, middle - 10, row), "a track that is not there has no trail");
    }

    [Fact]
    public void Sources_have_trails_of_their_own()
    {
        using var annotator = new PipelineAnnotator(new PipelineAnnotatorOptions { Caption = false });
        using var canvas = Frame.Rent(PixelFormat.Bgra32, Width, Height);
        using var there = Plain(40);
        annotator.UpdateTrails(there);
        using var here = Plain(0, source: "gate");
        annotator.UpdateTrails(here);
        annotator.Draw(here, canvas);
        var (a, b) = (here.Result.Detections.Boxes[0], there.Result.Detections.Boxes[0]);
        Assert.False(Changed(canvas, (int)(a.X1 + a.X2 + b.X1 + b.X2) / 4, (int)(a.Y1 + a.Y2) / 2));
    }

    [Fact]
    public void Places_of_rules_are_drawn_with_their_counts()
    {
        using var frame = Plain(0);
        var rules = new IPipelineRule[] { new Gate("zone", true, (200, 120), (300, 120), (300, 200), (200, 200)), new Gate("line", false, (20, 220), (180, 220)) };
        using var without = Draw(frame, new PipelineAnnotatorOptions { Caption = false, Rules = _ => rules });
        Assert.True(Changed(without, 250, 170), "the area");
        Assert.True(Changed(without, 100, 220) && Changed(without, 200, 160), "the lines");
        frame.AddCount(new RuleCount("zone", "inside", 12));
        using var with = Draw(frame, new PipelineAnnotatorOptions { Caption = false, Rules = _ => rules });
        Assert.False(without.Data.SequenceEqual(with.Data), "the count");
        frame.AddEvent(new PipelineEvent("zone", "entered", 1));
        using var happened = Draw(frame, new PipelineAnnotatorOptions { Caption = false, Rules = _ => rules });
        Assert.NotEqual(Pixel(with, 250, 170), Pixel(happened, 250, 170)); // it lights up
    }

    [Fact]
    public void What_a_further_model_said_stands_in_the_label()
    {
        using var frame = Plain(0);
        using var before = Draw(frame, new PipelineAnnotatorOptions { Caption = false });
        var crop = frame.AddCrop("colours", 0);
        crop.Result.Classification.Labels = ["red", "blue"];
        crop.Result.Classification.Set([0.1f, 0.9f], 2);
        using var after = Draw(frame, new PipelineAnnotatorOptions { Caption = false });
        Assert.False(before.Data.SequenceEqual(after.Data));
    }

    [Fact]
    public void Keypoints_of_a_further_model_are_drawn()
    {
        using var frame = Plain(0);
        var crop = frame.AddCrop("pose", 0);
        crop.Result.Detections.Clear(keypointCount: 2);
        crop.Result.Detections.Add(new Box(200, 100, 300, 200), 0.9f, 0);
        ((Keypoint[])[new(220, 210, 0.9f), new(280, 210, 0.9f)]).CopyTo(crop.Result.Detections.GetMutableKeypoints(0));
        using var canvas = Draw(frame, new PipelineAnnotatorOptions { Caption = false, Skeleton = [[0, 1]] });
        Assert.True(Changed(canvas, 220, 210) && Changed(canvas, 250, 210) && Changed(canvas, 280, 210));
    }

    [Fact]
    public void The_caption_says_source_and_time_in_the_corner()
    {
        using var frame = Plain(0);
        using var canvas = Draw(frame, new PipelineAnnotatorOptions());
        Assert.True(Changed(canvas, Width - 8, 8));
        Assert.False(Changed(canvas, 8, 8));
    }

    private static Frame Gray(PixelFormat format, long sequence)
    {
        var frame = Frame.Rent(format, Width, Height, "", sequence, TimeSpan.FromSeconds(sequence));
        frame.MutableData.Fill(128); // of YUV: (128 - 16) * 1.164 = 130
        return frame;
    }

    private static PipelineFrame Plain(long sequence, PixelFormat format = PixelFormat.Bgr24, string source = "door")
    {
        var frame = new PipelineFrame(Gray(format, sequence), source, "m");
        var d = frame.Result.Detections;
        d.Labels = SinkFrames.Labels;
        d.Add(new Box(10 + sequence * 2, 60, 60 + sequence * 2, 180), 0.9f, 0);
        d.ClearTracks();
        d.SetTrackId(0, 1);
        return frame;
    }

    private static Frame Draw(PipelineFrame frame, PipelineAnnotatorOptions options)
    {
        using var annotator = new PipelineAnnotator(options);
        var canvas = Frame.Rent(PixelFormat.Bgra32, frame.Frame.Width, frame.Frame.Height);
        annotator.UpdateTrails(frame);
        annotator.Draw(frame, canvas);
        return canvas;
    }

    private static (byte B, byte G, byte R) Pixel(Frame canvas, int x, int y)
    {
        var p = canvas.Data.Slice(y * canvas.Stride + x * 4, 4);
        return (p[0], p[1], p[2]);
    }

    private static bool Changed(Frame canvas, int x, int y) => Pixel(canvas, x, y) is not ((>= 127 and <= 131), (>= 127 and <= 131), (>= 127 and <= 131));
}
