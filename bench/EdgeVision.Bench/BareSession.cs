using System.Diagnostics;
using EdgeVision.Preprocessing;
using EdgeVision.Specs;
using Microsoft.ML.OnnxRuntime;
using OpenCvSharp;

namespace EdgeVision.Bench;

/// <summary>The peer of whole frames: a session of ONNX Runtime alone, one thread, on the very tensor that the frames become; how long a network takes depends on its numbers.</summary>
internal sealed class BareSession : IDisposable
{
    private readonly InferenceSession _session;
    private readonly OrtValue _input;
    private readonly RunOptions _options = new();
    private readonly string[] _inputs, _outputs;

    /// <summary>Loads the model and prepares its input.</summary>
    /// <param name="path">The model.</param>
    /// <param name="input">How frames become tensors.</param>
    /// <param name="pixels">A frame of <see cref="Pixels"/>.</param>
    public BareSession(string path, InputSpec input, byte[] pixels)
    {
        using var options = new SessionOptions { IntraOpNumThreads = 1, InterOpNumThreads = 1 };
        _session = new InferenceSession(path, options);
        _inputs = [_session.InputNames[0]];
        _outputs = [.. _session.OutputNames];
        _input = OrtValue.CreateAllocatedTensorValue(OrtAllocator.DefaultInstance, Microsoft.ML.OnnxRuntime.Tensors.TensorElementType.Float, [1, 3, input.Height, input.Width]);
        using var frame = Frame.Borrow(pixels, PixelFormat.Bgr24, Width, Height);
        new Preprocessor(input).Process(frame, _input.GetTensorMutableDataAsSpan<byte>());
    }

    /// <summary>Sides of the frames.</summary>
    public const int Width = 1280, Height = 720;

    /// <summary>The sample scene as BGR pixels of 1280 x 720.</summary>
    public static byte[] Pixels()
    {
        using var picture = Cv2.ImRead(Path.Combine(Report.BenchFolder(), "..", "samples", "scene.png"));
        using var resized = new Mat();
        Cv2.Resize(picture, resized, new Size(Width, Height));
        byte[] pixels = new byte[Width * Height * 3];
        System.Runtime.InteropServices.Marshal.Copy(resized.Data, pixels, 0, pixels.Length);
        return pixels;
    }

    /// <summary>The middle of several figures.</summary>
    public static double Median(IReadOnlyCollection<double> values) => values.Order().ElementAt(values.Count / 2);

    /// <summary>Runs the network; milliseconds.</summary>
    public double Run()
    {
        long start = Stopwatch.GetTimestamp();
        using var results = _session.Run(_options, _inputs, [_input], _outputs);
        return Stopwatch.GetElapsedTime(start).TotalMilliseconds;
    }

    public void Dispose()
    {
        _session.Dispose();
        _input.Dispose();
        _options.Dispose();
    }
}
