using EdgeVision.TestSupport.Inference;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Tests.Models;

/// <summary>The typed tasks of pixels, distances, top-down poses and several heads, on networks that hand their input through.</summary>
public sealed class TasksTests : IDisposable
{
    private const string Grey = "\"width\": 8, \"height\": 4, \"colorOrder\": \"gray\", \"resize\": { \"mode\": \"stretch\" }";
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-tasks-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Fact]
    public void Pixels_get_their_classes_and_instances_are_another_kind()
    {
        // Grey above 0.622, the sigmoid's 0.65, is foreground.
        using var segmenter = Segmenter.Load(Write("segment", Head("segmentation", "\"threshold\": 0.65", "\"labels\": [\"snow\"]")));
        using var frame = Bright();
        var map = segmenter.SegmentPixels(frame);
        Assert.Equal((8, 4), (map.Width, map.Height));
        Assert.Equal(("background", 0), (map.GetClassLabel(0), map.GetClassAt(3, 3)));
        Assert.Equal("snow", map.GetClassLabel(map.GetClassAt(12, 3)));
        Assert.Equal(1, segmenter.SegmentPixels(frame, new Box(8, 0, 16, 8)).ClassIds[0]); // the crop is bright all over
        var e = Assert.Throws<SpecException>(() => segmenter.Segment(frame));
        Assert.Contains("SegmentPixels", e.Message);
    }

    [Fact]
    public void Instances_are_no_classes_of_pixels()
    {
        using var segmenter = Segmenter.Load(SharedData.Path("golden", "ultralytics", "models", "yolov8n-seg.onnx"));
        using var frame = Bright();
        segmenter.Segment(frame);
        Assert.Contains("Segment", Assert.Throws<SpecException>(() => segmenter.SegmentPixels(frame)).Message);
    }

    [Fact]
    public void Distances_are_metres()
    {
        string path = Write("depth", Head("depth", "\"scale\": 10, \"offset\": 1"));
        using var estimator = DepthEstimator.Load(path);
        using var frame = Bright();
        var depth = estimator.Estimate(frame);
        Assert.Equal(1, depth.GetDepthAt(1, 1));
        Assert.Equal(11, depth.GetDepthAt(15, 7), 1e-3f);
        Assert.Equal(11, estimator.Estimate(frame, new Box(8, 0, 16, 8)).ComputeRange().Minimum, 1e-3f);
        Assert.Throws<SpecException>(() => Segmenter.Load(path));
        Assert.Contains("depth", Assert.Throws<SpecException>(() => PoseEstimator.Load(path)).Message);
    }

    [Fact]
    public void A_top_down_pose_looks_at_a_crop_and_answers_in_the_frame()
    {
        using var estimator = PoseEstimator.Load(Write("pose", Head("heatmap", "\"refinement\": \"none\"", "\"labels\": [\"hand\"]")));
        Assert.True(estimator.IsTopDown);
        using var frame = Frame.Rent(PixelFormat.Gray8, 64, 48);
        frame.MutableData.Clear();
        frame.MutableData[20 * frame.Stride + 30] = 255;
        var found = estimator.Estimate(frame, new Box(26, 18, 34, 22)); // a pixel of the frame is one of the input
        Assert.Equal(1, found.Count);
        Assert.Equal(("hand", new Box(26, 18, 34, 22)), (found.GetLabel(0), found.Boxes[0]));
        Assert.Equal((30f, 20f), (found.GetKeypoints(0)[0].X, found.GetKeypoints(0)[0].Y));
        Assert.Equal(1, found.Scores[0], 1e-3f);
    }

    [Fact]
    public void Several_heads_fill_one_result()
    {
        using var model = MultiTaskModel.Load(Write("pose+segment+depth",
            Head("heatmap", "", "\"labels\": [\"hand\"]"), Head("segmentation", "\"threshold\": 0.65", "\"labels\": [\"dark\", \"bright\"]"), Head("depth", "", "\"labels\": []")));
        Assert.Equal(["pose", "segment", "depth"], model.Tasks);
        using var frame = Bright();
        var result = model.Run(frame);
        Assert.True(result.HasDetections);
        Assert.Equal(("hand", "bright", 1f), (result.Detections.GetLabel(0), result.Segmentation.GetClassLabel(result.Segmentation.GetClassAt(15, 0)), MathF.Round(result.Depth.ComputeRange().Maximum, 3)));
        Assert.Equal(new Box(4, 0, 8, 8), model.Run(frame, new Box(4, 0, 8, 8)).Detections.Boxes[0]);
        using var other = MultiTaskModel.Load(Write("depth", Head("depth"))); // of one task too
        Assert.False(other.Run(frame).HasDetections);
    }

    [Fact]
    public void A_task_takes_its_part_of_a_model_of_several()
    {
        string path = Write("segment+depth", Head("segmentation"), Head("depth"));
        using var frame = Bright();
        using var segmenter = Segmenter.Load(path);
        using var depth = DepthEstimator.Load(path);
        Assert.Equal(8, segmenter.SegmentPixels(frame).Width);
        Assert.Equal(8, depth.Estimate(frame).Width);
        Assert.Contains("segment+depth", Assert.Throws<SpecException>(() => Classifier.Load(path)).Message);
    }

    [Fact]
    public void A_task_without_a_head_that_fills_its_part_is_refused()
    {
        // Pixels with classes are 'segment' as instances are, but have no box: no silent list of nothing.
        string pixels = Write("segment", Head("segmentation"));
        var e = Assert.Throws<SpecException>(() => Detector.Load(pixels));
        Assert.Contains("segmentation", e.Message);
        Assert.DoesNotContain('\n', e.Message);
        string distances = Write("pose+classify+embed+segment", Head("depth"));
        Assert.Throws<SpecException>(() => PoseEstimator.Load(distances));
        Assert.Throws<SpecException>(() => Classifier.Load(distances));
        Assert.Throws<SpecException>(() => Embedder.Load(distances));
        Assert.Throws<SpecException>(() => Segmenter.Load(distances));
        Assert.Throws<SpecException>(() => DepthEstimator.Load(Write("depth", Head("segmentation"))));
    }

    [Fact]
    public void Two_heads_for_one_part_are_refused()
    {
        string path = Write("pose", Head("heatmap"), Head("depth"), Head("heatmap"));
        var e = Assert.Throws<SpecException>(() => MultiTaskModel.Load(path));
        Assert.Contains("outputs[2]", e.Message);
        Assert.DoesNotContain('\n', e.Message);
    }

    // The left half black, the right half white.
    private static Frame Bright()
    {
        var frame = Frame.Rent(PixelFormat.Gray8, 16, 8);
        for (int y = 0; y < 8; y++)
        {
            var row = frame.MutableData.Slice(y * frame.Stride, 16);
            row[..8].Clear();
            row[8..].Fill(255);
        }

        return frame;
    }

    private static string Head(string decoder, string parameters = "", string more = "") =>
        $$"""{ "decoder": "{{decoder}}", "tensors": ["y"], "parameters": { {{parameters}} }{{(more.Length > 0 ? ", " + more : "")}} }""";

    private string Write(string task, params string[] heads)
    {
        string path = Path.Combine(_folder, Path.GetRandomFileName() + ".onnx");
        File.WriteAllBytes(path, TinyOnnx.Unary("Relu", [1, 1, 4, 8], [1, 1, 4, 8]));
        File.WriteAllText(Path.ChangeExtension(path, ".spec.json"), $$"""{ "task": "{{task}}", "input": { {{Grey}} }, "outputs": [ {{string.Join(", ", heads)}} ] }""");
        return path;
    }
}
