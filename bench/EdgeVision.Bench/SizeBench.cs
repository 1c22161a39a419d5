using BenchmarkDotNet.Attributes;
using EdgeVision.Preprocessing;
using EdgeVision.Specs;
using OpenCvSharp;

namespace EdgeVision.Bench;

/// <summary>Usual cameras to usual inputs: BGR letterboxed to a NCHW float32 RGB tensor, 0..1.</summary>
[MemoryDiagnoser]
public class SizeBench : IDisposable
{
    private byte[] _tensor = [];
    private Preprocessor _preprocessor = null!;
    private Frame _frame = null!;
    private Mat _mat = null!;
    private CopyFloor _floor = null!;
    private int _side;

    /// <summary>Frame and side of the input; those of <see cref="LetterboxBench"/> are left out.</summary>
    [ParamsSource(nameof(Sizes))]
    public string Size { get; set; } = "";

    /// <summary>Sizes there are.</summary>
    public static IEnumerable<string> Sizes() =>
        from frame in (string[])["640x480", "1280x720", "1920x1080", "3840x2160"]
        from side in (int[])[224, 320, 416, 640]
        where side != 640 || frame is not ("1280x720" or "1920x1080")
        select $"{frame} to {side}";

    /// <summary>Makes the frame in both worlds.</summary>
    [GlobalSetup]
    public void Setup()
    {
        Cv2.SetNumThreads(1);
        int[] size = [.. Size.Split(['x', ' ']).Where(p => int.TryParse(p, out _)).Select(int.Parse)];
        _side = size[2];
        _preprocessor = new Preprocessor(new InputSpec { Width = _side, Height = _side });
        _tensor = new byte[_side * _side * 3 * 4];
        _frame = Frame.Rent(PixelFormat.Bgr24, size[0], size[1]);
        new Random(1).NextBytes(_frame.MutableData);
        _mat = new Mat(size[1], size[0], MatType.CV_8UC3);
        System.Runtime.InteropServices.Marshal.Copy(_frame.Data.ToArray(), 0, _mat.Data, _frame.Data.Length);
        _floor = new CopyFloor(_frame, _tensor.Length, CopyFloor.Letterboxed(_frame, _side));
    }

    /// <summary>One fused pass.</summary>
    [Benchmark(Baseline = true)]
    public FrameTransform EdgeVision() => _preprocessor.Process(_frame, _tensor);

    /// <summary>Resize, CopyMakeBorder, BlobFromImage.</summary>
    [Benchmark]
    public void OpenCvSharp() => OpenCvPath.Letterbox(_mat, _side, 1 / 255.0, default);

    /// <summary>The bytes alone.</summary>
    [Benchmark]
    public void BytesFloor() => _floor.Run();

    /// <inheritdoc/>
    public void Dispose()
    {
        _frame?.Dispose();
        _mat?.Dispose();
        GC.SuppressFinalize(this);
    }
}
