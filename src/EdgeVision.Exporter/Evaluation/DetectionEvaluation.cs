using EdgeVision.Exporter.Architectures;
using EdgeVision.Exporter.Data;
using EdgeVision.Onnx;
using Microsoft.ML.OnnxRuntime;

namespace EdgeVision.Exporter.Evaluation;

/// <summary>Accuracy of an exported detector on drawn scenes, run through ONNX Runtime as it will be deployed.</summary>
public sealed record DetectionEvaluation(int Scenes, int Objects, double Map50, double Map75, IReadOnlyList<double> PerClass50)
{
    private const float LowestScore = 0.05f; // the whole curve counts, not the operating point alone

    /// <summary>Evaluates scenes 0 to <paramref name="count"/> - 1 of a seed.</summary>
    public static DetectionEvaluation Run(byte[] model, FpnDetector architecture, int count, int seed, Action? progress = null)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        using var detector = new OnnxDetector(model, architecture);
        int classes = DrawnScenes.Labels.Count;
        var at50 = new AveragePrecision(classes, 0.5f);
        var at75 = new AveragePrecision(classes, 0.75f);
        int objects = 0;
        for (int i = 0; i < count; i++)
        {
            var scene = DrawnScenes.Draw(seed, i);
            var found = detector.Detect(scene, LowestScore);
            at50.Add(found, scene.Objects);
            at75.Add(found, scene.Objects);
            objects += scene.Objects.Count;
            progress?.Invoke();
        }

        return new DetectionEvaluation(count, objects, at50.Mean(), at75.Mean(), at50.PerClass());
    }
}

/// <summary>An exported detector over ONNX Runtime.</summary>
internal sealed class OnnxDetector : IDisposable
{
    private readonly InferenceSession _session;
    private readonly SessionOptions _options = new() { IntraOpNumThreads = Math.Min(2, Environment.ProcessorCount) };
    private readonly RunOptions _runOptions = new();
    private readonly ModelSpec _spec;
    private readonly Box[] _anchors;
    private readonly Preprocessor _preprocessor;
    private readonly float[] _input;

    public OnnxDetector(byte[] model, FpnDetector architecture)
    {
        string? json = OnnxModel.Parse(model).GetMetadata(ModelSpec.MetadataKey);
        _spec = json is null ? architecture.Spec : ModelSpecJson.Parse(json, "the model's spec");
        _session = new InferenceSession(model, _options);
        _anchors = architecture.Anchors.All(_spec.Input.Width, _spec.Input.Height);
        _preprocessor = new Preprocessor(_spec.Input);
        _input = new float[3 * _spec.Input.Width * _spec.Input.Height];
    }

    public Detections Detect(Scene scene, float confidence)
    {
        using var frame = Frame.Borrow(scene.Rgb, PixelFormat.Rgb24, scene.Width, scene.Height);
        var transform = _preprocessor.Process(frame, System.Runtime.InteropServices.MemoryMarshal.AsBytes(_input.AsSpan()));
        using var value = OrtValue.CreateTensorValueFromMemory(_input, [1, 3, _spec.Input.Height, _spec.Input.Width]);
        using var outputs = _session.Run(_runOptions, [_session.InputNames[0]], [value], _spec.Outputs[0].Tensors!);
        return AnchorDecoder.Decode(outputs[0].GetTensorDataAsSpan<float>(), outputs[1].GetTensorDataAsSpan<float>(), _anchors,
            _spec.Labels.Length, transform, confidence, _spec.Thresholds.Iou, _spec.Thresholds.MaxDetections);
    }

    public void Dispose()
    {
        _session.Dispose();
        _options.Dispose();
        _runOptions.Dispose();
    }
}
