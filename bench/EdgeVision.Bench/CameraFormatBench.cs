using BenchmarkDotNet.Attributes;
using EdgeVision.Preprocessing;
using EdgeVision.Specs;
using OpenCvSharp;

namespace EdgeVision.Bench;

/// <summary>Camera formats to a 640x640 NCHW float32 RGB tensor, letterboxed: one pass against OpenCV's conversion alone, and with the three calls after it.</summary>
[MemoryDiagnoser]
public class CameraFormatBench : IDisposable
{
    private readonly byte[] _tensor = new byte[640 * 640 * 3 * 4];
    private readonly Preprocessor _preprocessor = new(new InputSpec { Width = 640, Height = 640 });
    private readonly Mat _bgr = new();
    private Frame _frame = null!;
    private Mat _mat = null!;
    private ColorConversionCodes _code;
    private CopyFloor _floor = null!;

    /// <summary>Frame.</summary>
    [Params("1920x1080 Nv12", "1280x720 Nv12", "1366x768 Nv12", "1920x1080 Yuy2", "1280x720 Yuy2", "1920x1080 Bgra32", "1366x768 Bgra32")]
    public string Source { get; set; } = "";

    /// <summary>Makes the frame in both worlds.</summary>
    [GlobalSetup]
    public void Setup()
    {
        Cv2.SetNumThreads(1);
        string[] parts = Source.Split(['x', ' ']);
        int width = int.Parse(parts[0], System.Globalization.CultureInfo.InvariantCulture), height = int.Parse(parts[1], System.Globalization.CultureInfo.InvariantCulture);
        var format = Enum.Parse<PixelFormat>(parts[2]);
        _frame = Frame.Rent(format, width, height);
        new Random(1).NextBytes(_frame.MutableData);
        (_mat, _code) = format switch
        {
            PixelFormat.Nv12 => (new Mat(height * 3 / 2, width, MatType.CV_8UC1), ColorConversionCodes.YUV2BGR_NV12),
            PixelFormat.Yuy2 => (new Mat(height, width, MatType.CV_8UC2), ColorConversionCodes.YUV2BGR_YUY2),
            _ => (new Mat(height, width, MatType.CV_8UC4), ColorConversionCodes.BGRA2BGR),
        };
        System.Runtime.InteropServices.Marshal.Copy(_frame.Data.ToArray(), 0, _mat.Data, _frame.Data.Length);
        _floor = new CopyFloor(_frame, _tensor.Length, CopyFloor.Letterboxed(_frame, 640));
    }

    /// <summary>One fused pass.</summary>
    [Benchmark(Baseline = true)]
    public FrameTransform EdgeVision() => _preprocessor.Process(_frame, _tensor);

    /// <summary>The conversion to BGR alone.</summary>
    [Benchmark]
    public void OpenCvConversionAlone() => Cv2.CvtColor(_mat, _bgr, _code);

    /// <summary>Conversion, Resize, CopyMakeBorder, BlobFromImage.</summary>
    [Benchmark]
    public void OpenCvSharp()
    {
        Cv2.CvtColor(_mat, _bgr, _code);
        OpenCvPath.Letterbox(_bgr, 640, 1 / 255.0, default);
    }

    /// <summary>The bytes alone.</summary>
    [Benchmark]
    public void BytesFloor() => _floor.Run();

    /// <inheritdoc/>
    public void Dispose()
    {
        _frame?.Dispose();
        _mat?.Dispose();
        _bgr.Dispose();
        GC.SuppressFinalize(this);
    }
}
