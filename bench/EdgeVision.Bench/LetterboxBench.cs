using BenchmarkDotNet.Attributes;
using OpenCvSharp;
using OpenCvSharp.Dnn;

namespace EdgeVision.Bench;

/// <summary>
/// A camera frame to a 640x640 NCHW float32 RGB tensor, 0..1: one pass here against the three calls of OpenCV that it
/// stands for, and against the copy of the bytes that must be read and written at least.
/// </summary>
[MemoryDiagnoser]
public class LetterboxBench : IDisposable
{
    private readonly byte[] _tensor = new byte[640 * 640 * 3 * 4];
    private Preprocessor _preprocessor = null!;
    private Frame _frame = null!;
    private Mat _mat = null!;
    private byte[] _from = [];
    private byte[] _to = [];

    /// <summary>Size of the frame.</summary>
    [Params("1920x1080", "1280x720", "1366x768", "640x480")]
    public string Size { get; set; } = "";

    /// <summary>Makes the frame in both worlds.</summary>
    [GlobalSetup]
    public void Setup()
    {
        Cv2.SetNumThreads(1);
        int[] size = [.. Size.Split('x').Select(int.Parse)];
        _frame = Frame.Rent(PixelFormat.Bgr24, size[0], size[1]);
        new Random(1).NextBytes(_frame.MutableData);
        _mat = new Mat(size[1], size[0], MatType.CV_8UC3);
        System.Runtime.InteropServices.Marshal.Copy(_frame.Data.ToArray(), 0, _mat.Data, _frame.Data.Length);
        _preprocessor = new Preprocessor(new InputSpec { Width = 640, Height = 640 });

        // The floor: every byte of the frame read once and every byte of the tensor written once, as one copy of their mean.
        _from = new byte[(_frame.Data.Length + _tensor.Length) / 2];
        _to = new byte[_from.Length];
    }

    /// <summary>One fused pass.</summary>
    [Benchmark(Baseline = true)]
    public FrameTransform EdgeVision() => _preprocessor.Process(_frame, _tensor);

    /// <summary>Resize, CopyMakeBorder, BlobFromImage.</summary>
    [Benchmark]
    public void OpenCvSharp()
    {
        double r = Math.Min(640.0 / _mat.Rows, 640.0 / _mat.Cols);
        var size = new Size((int)Math.Round(_mat.Cols * r), (int)Math.Round(_mat.Rows * r));
        using var resized = new Mat();
        Cv2.Resize(_mat, resized, size);
        int top = (640 - size.Height) / 2, left = (640 - size.Width) / 2;
        using var padded = new Mat();
        Cv2.CopyMakeBorder(resized, padded, top, 640 - size.Height - top, left, 640 - size.Width - left, BorderTypes.Constant, new Scalar(114, 114, 114));
        using var blob = CvDnn.BlobFromImage(padded, 1 / 255.0, default, default, swapRB: true, crop: false);
    }

    /// <summary>The bytes alone.</summary>
    [Benchmark]
    public void CopyFloor() => _from.AsSpan().CopyTo(_to);

    /// <inheritdoc/>
    public void Dispose()
    {
        _frame?.Dispose();
        _mat?.Dispose();
        GC.SuppressFinalize(this);
    }
}
