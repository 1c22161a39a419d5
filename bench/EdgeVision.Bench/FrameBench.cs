using BenchmarkDotNet.Attributes;
using Microsoft.ML.OnnxRuntime;

namespace EdgeVision.Bench;

/// <summary>
/// A whole frame, 1280 x 720 BGR: preprocessing, network, decoding and results, against the bare run of the same network in a session of
/// ONNX Runtime with one thread too. The difference is what the runtime costs.
/// </summary>
[MemoryDiagnoser]
public class FrameBench : IDisposable
{
    private VisionModel _model = null!;
    private InferenceSession _session = null!;
    private OrtValue _input = null!;
    private RunOptions _options = null!;
    private Frame _frame = null!;
    private readonly VisionResult _result = new();
    private string[] _outputs = [];
    private string[] _inputs = [];

    /// <summary>The model: yolov8n of the shared data where it lies beside the repository, and the project's own.</summary>
    [ParamsSource(nameof(Models))]
    public string Model { get; set; } = "";

    /// <summary>Models there are.</summary>
    public static IEnumerable<string> Models()
    {
        string models = Path.Combine(Report.BenchFolder(), "..", "models"), shared = Path.Combine(Report.BenchFolder(), "..", "..", "shared", "golden", "ultralytics", "models");
        return ((string[])[Path.Combine(shared, "yolov8n.onnx"), Path.Combine(shared, "yolov8n-pose.onnx"), Path.Combine(models, "shelves-yolo.onnx"), Path.Combine(models, "scenes-resnet18.onnx"), Path.Combine(models, "families-triplet.onnx")])
            .Where(File.Exists).Select(f => Path.GetFileNameWithoutExtension(f)!);
    }

    /// <summary>Loads the model twice.</summary>
    [GlobalSetup]
    public void Setup()
    {
        string path = Path.Combine(Report.BenchFolder(), "..", "models", Model + ".onnx");
        if (!File.Exists(path))
        {
            path = Path.Combine(Report.BenchFolder(), "..", "..", "shared", "golden", "ultralytics", "models", Model + ".onnx");
        }

        _model = VisionModel.Load(path, new RuntimeOptions { Threads = ThreadBudget.Of(1), Providers = ProviderPolicy.Require(Provider.Cpu) });
        _frame = Frame.Rent(PixelFormat.Bgr24, 1280, 720);
        new Random(1).NextBytes(_frame.MutableData);
        using var options = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1 };
        _session = new InferenceSession(path, options);
        _inputs = [_session.InputNames[0]];
        _outputs = [.. _session.OutputNames];
        long[] shape = [1, 3, _model.Spec.Input.Height, _model.Spec.Input.Width];
        _input = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float, shape);
        new Preprocessor(_model.Spec.Input).Process(_frame, _input.GetTensorMutableDataAsSpan<byte>());
        _options = new RunOptions();
    }

    /// <summary>The whole frame.</summary>
    [Benchmark(Baseline = true)]
    public void EdgeVision() => _model.Run(_frame, _result);

    /// <summary>The network alone.</summary>
    [Benchmark]
    public void BareOnnxRuntime()
    {
        using var results = _session.Run(_options, _inputs, [_input], _outputs);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _model?.Dispose();
        _session?.Dispose();
        _input?.Dispose();
        _options?.Dispose();
        _frame?.Dispose();
        GC.SuppressFinalize(this);
    }
}
