using EdgeVision.TestSupport.Inference;
using EdgeVision.TestSupport;
using Xunit;

namespace EdgeVision.Tests.Models;

/// <summary>Spec and graph meet: what fits, what does not and how that is said.</summary>
public sealed class VisionModelTests : IDisposable
{
    private readonly string _folder = Directory.CreateTempSubdirectory("edgevision-model-").FullName;

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [InlineData("\"width\": 8, \"height\": 4", new object[] { 1, 3, 8, 4 })] // turned
    [InlineData("\"width\": 8, \"height\": 4", new object[] { 1, 1, 4, 8 })] // grey
    [InlineData("\"width\": 8, \"height\": 4, \"layout\": \"nhwc\"", new object[] { 1, 3, 4, 8 })]
    [InlineData("\"width\": 8, \"height\": 4", new object[] { 3, 4, 8 })] // no batch
    [InlineData("\"width\": 8, \"height\": 4, \"element\": \"float16\"", new object[] { 1, 3, 4, 8 })]
    public void An_input_that_does_not_fit_says_both(string input, object[] shape)
    {
        var e = Assert.Throws<ModelFormatException>(() => VisionModel.Load(Write(TinyOnnx.Unary("Neg", shape, shape), Spec(input))));
        Assert.Contains("4", e.Message);
        Assert.Contains("x " + string.Join('x', shape), e.Message); // the graph's
        Assert.DoesNotContain('\n', e.Message);
    }

    [Fact]
    public void Open_dimensions_take_the_spec_s_size()
    {
        using var model = VisionModel.Load(Write(TinyOnnx.Unary("GlobalAveragePool", ["n", 3, "h", "w"], ["n", 3, 1, 1]), Spec("\"width\": 8, \"height\": 4", "softmax", "classify")));
        Assert.Equal([1L, 3L, 4L, 8L], model.Engine.GetInputShape(0).ToArray());
        Assert.Equal("model", model.Name);
        Assert.Equal(1, Run(model).Timing.InferenceMs >= 0 ? 1 : 0);
    }

    [Fact]
    public void An_input_that_is_not_there()
    {
        var e = Assert.ThrowsAny<EdgeVisionException>(() => VisionModel.Load(Write(TinyOnnx.Unary("Neg", [1, 3, 4, 8], [1, 3, 4, 8]), Spec("\"name\": \"images\", \"width\": 8, \"height\": 4"))));
        Assert.Contains("images", e.Message);
    }

    [Fact]
    public void An_unknown_decoder_lists_the_known()
    {
        var e = Assert.Throws<SpecException>(() => VisionModel.Load(Write(TinyOnnx.Unary("Neg", [1, 3, 4, 8], [1, 3, 4, 8]), Spec("\"width\": 8, \"height\": 4", "magic"))));
        Assert.Contains("magic", e.Message);
        Assert.Contains("yolo-dfl", e.Message);
    }

    [Theory]
    [InlineData(-0.1f, null, null)]
    [InlineData(1.5f, null, null)]
    [InlineData(float.NaN, null, null)]
    [InlineData(null, 2f, null)]
    [InlineData(null, null, 0)]
    public void Thresholds_that_mean_nothing_are_refused(float? confidence, float? iou, int? most)
    {
        string path = Write(TinyOnnx.Unary("GlobalAveragePool", [1, 3, 4, 8], [1, 3, 1, 1]), Spec("\"width\": 8, \"height\": 4", "softmax", "classify"));
        Assert.ThrowsAny<ArgumentException>(() => VisionModel.Load(path, new RuntimeOptions { Confidence = confidence, Iou = iou, MaxDetections = most }));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)] // a thread has two items of three
    [InlineData(8)] // more threads than items
    public void A_batch_gives_what_frames_give_one_by_one(int threads)
    {
        string path = Write(TinyOnnx.Unary("GlobalAveragePool", ["n", 3, "h", "w"], ["n", 3, 1, 1]), Spec("\"width\": 8, \"height\": 4", "softmax", "classify"));
        using var single = VisionModel.Load(path);
        using var batch = VisionModel.Load(path, new RuntimeOptions { BatchSize = 3, Threads = ThreadBudget.FromCores(1) with { ImageThreads = threads } });
        Assert.Equal((1, 3), (single.BatchSize, batch.BatchSize));
        var random = new Random(5);
        Frame[] frames = [.. Enumerable.Range(0, 3).Select(i => Frame.Rent(PixelFormat.Bgr24, 20 + i, 10))];
        VisionResult[] results = [new(), new(), new()];
        foreach (var frame in frames)
        {
            random.NextBytes(frame.MutableData);
        }

        foreach (int count in (int[])[3, 2])
        {
            batch.RunBatch(frames.AsSpan(0, count), results.AsSpan(0, count));
            for (int i = 0; i < count; i++)
            {
                var alone = single.Run(frames[i]);
                Assert.Equal(alone.Classification.Scores.ToArray(), results[i].Classification.Scores.ToArray());
                Assert.Equal(20 + i, results[i].FrameWidth);
            }
        }

        Assert.Throws<ArgumentException>(() => batch.RunBatch(frames, results.AsSpan(0, 2)));
        Assert.Throws<ArgumentException>(() => single.RunBatch(frames, results));
    }

    [Fact]
    public void A_graph_that_fixes_the_batch_says_so()
    {
        string path = Write(TinyOnnx.Unary("GlobalAveragePool", [1, 3, 4, 8], [1, 3, 1, 1]), Spec("\"width\": 8, \"height\": 4", "softmax", "classify"));
        Assert.Contains("1x3x4x8", Assert.Throws<ModelFormatException>(() => VisionModel.Load(path, new RuntimeOptions { BatchSize = 2 })).Message);
    }

    [Fact]
    public async Task Twins_work_side_by_side_and_give_what_one_gives()
    {
        string path = Write(TinyOnnx.Unary("GlobalAveragePool", [1, 3, 4, 8], [1, 3, 1, 1]), Spec("\"width\": 8, \"height\": 4", "softmax", "classify"));
        using var model = VisionModel.Load(path);
        Frame[] frames = [.. Enumerable.Range(0, 40).Select(i => Frame.Rent(PixelFormat.Rgb24, 20, 10))];
        foreach (var frame in frames)
        {
            new Random(Array.IndexOf(frames, frame)).NextBytes(frame.MutableData);
        }

        // Random pixels differ in their means, if little; enough to tell one frame's result from another's.
        float[][] alone = [.. frames.Select(f => model.Run(f).Classification.Scores.ToArray())];
        foreach (bool dedicated in (bool[])[false, true]) // on the callers' threads, and on one of their own
        {
            using var twin = model.CreateContext(dedicated);
            float[][] together = new float[frames.Length][];
            await Task.WhenAll(Half(model, 0), Half(twin, 1));
            Assert.Equal(alone, together);

            Task Half(VisionModel with, int from) => Task.Run(() =>
            {
                for (int i = from; i < frames.Length; i += 2)
                {
                    together[i] = with.Run(frames[i]).Classification.Scores.ToArray();
                }
            });
        }

        model.Engine.Terminate();
        Assert.Throws<EdgeVisionException>(() => model.Run(frames[0])); // what fails on the other thread is thrown here
        using var other = model.CreateContext();
        other.Run(frames[0]);
        Array.ForEach(frames, f => f.Dispose());
    }

    [Fact]
    public void Tasks_take_models_of_their_task_alone()
    {
        string path = SharedData.Path("golden", "ultralytics", "models", "yolov8n-cls.onnx");
        Assert.Contains("classify", Assert.Throws<SpecException>(() => Detector.Load(path)).Message);
        Assert.Throws<SpecException>(() => PoseEstimator.Load(path));
        Assert.Throws<SpecException>(() => Segmenter.Load(path));
        Assert.Throws<SpecException>(() => Embedder.Load(path));
        using var classifier = Classifier.Load(path);
        using var frame = Frame.Rent(PixelFormat.Bgr24, 64, 48);
        Assert.Equal(5, classifier.Classify(frame).Count);
    }

    [Fact]
    public void A_detector_finds_what_its_thresholds_let_through()
    {
        string path = SharedData.Path("golden", "ultralytics", "models", "yolov8n.onnx");
        using var frame = Frame.Rent(PixelFormat.Bgr24, 320, 240);
        new Random(3).NextBytes(frame.MutableData);
        using var detector = Detector.Load(path, new RuntimeOptions { Confidence = 0, MaxDetections = 7 });
        var found = detector.Detect(frame);
        Assert.Equal(7, found.Count);
        float last = 1;
        foreach (var detection in found)
        {
            Assert.InRange(detection.Score, 0, last);
            Assert.InRange(detection.Box.X2, 0, 320);
            Assert.NotEmpty(detection.Label);
            last = detection.Score;
        }

        using var strict = Detector.Load(path, new RuntimeOptions { Confidence = 1 });
        Assert.Equal(0, strict.Detect(frame).Count);
    }

    private static VisionResult Run(VisionModel model)
    {
        using var frame = Frame.Rent(PixelFormat.Rgb24, 20, 10);
        var result = model.Run(frame);
        Assert.Equal((20, 10), (result.FrameWidth, result.FrameHeight));
        return result;
    }

    private static string Spec(string input, string decoder = "embedding", string task = "embed") =>
        $$"""{ "task": "{{task}}", "input": { {{input}} }, "outputs": [ { "decoder": "{{decoder}}" } ] }""";

    private string Write(byte[] model, string spec)
    {
        string path = Path.Combine(_folder, "model.onnx");
        File.WriteAllBytes(path, model);
        File.WriteAllText(Path.Combine(_folder, "model.spec.json"), spec);
        return path;
    }
}
