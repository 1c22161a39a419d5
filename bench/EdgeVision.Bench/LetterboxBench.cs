using BenchmarkDotNet.Attributes;
using EdgeVision.Preprocessing;
using EdgeVision.Specs;
using OpenCvSharp;
using SkiaSharp;
using TorchSharp;

namespace EdgeVision.Bench;

/// <summary>
/// A camera frame to a NCHW float32 RGB tensor, 0..1, letterboxed: one pass here against the three calls of OpenCV that it
/// stands for, against Skia and a loop, against torch, against a loop alone, and against the copy of the bytes that must be read and written at least.
/// </summary>
[MemoryDiagnoser]
public class LetterboxBench : IDisposable
{
    private float[] _values = [];
    private byte[] _tensor = [];
    private Preprocessor _preprocessor = null!;
    private Frame _frame = null!;
    private Mat _mat = null!;
    private torch.Tensor _torch = null!;
    private SKBitmap _bitmap = null!;
    private SKBitmap _resized = null!;
    private SKCanvas _canvas = null!;
    private CopyFloor _floor = null!;
    private int _side;

    /// <summary>Frame and side of the input.</summary>
    [Params("1920x1080 to 640", "1280x720 to 640", "1366x768 to 640")]
    public string Size { get; set; } = "";

    /// <summary>Makes the frame in every world.</summary>
    [GlobalSetup]
    public void Setup()
    {
        Cv2.SetNumThreads(1);
        int[] size = [.. Size.Split(['x', ' ']).Where(p => int.TryParse(p, out _)).Select(int.Parse)];
        _side = size[2];
        _tensor = new byte[_side * _side * 3 * 4];
        _values = new float[_side * _side * 3];
        _frame = Frame.Rent(PixelFormat.Bgr24, size[0], size[1]);
        new Random(1).NextBytes(_frame.MutableData);
        _mat = new Mat(size[1], size[0], MatType.CV_8UC3);
        System.Runtime.InteropServices.Marshal.Copy(_frame.Data.ToArray(), 0, _mat.Data, _frame.Data.Length);
        torch.set_num_threads(1);
        _torch = torch.tensor(_frame.Data.ToArray(), [size[1], size[0], 3], torch.uint8);
        _bitmap = new SKBitmap(new SKImageInfo(size[0], size[1], SKColorType.Bgra8888, SKAlphaType.Opaque));
        _resized = new SKBitmap(new SKImageInfo(_side, _side, SKColorType.Bgra8888, SKAlphaType.Opaque));
        _canvas = new SKCanvas(_resized);
        _preprocessor = new Preprocessor(new InputSpec { Width = _side, Height = _side });
        _floor = new CopyFloor(_frame, _tensor.Length, CopyFloor.Letterboxed(_frame, _side));
    }

    /// <summary>One fused pass.</summary>
    [Benchmark(Baseline = true)]
    public FrameTransform EdgeVision() => _preprocessor.Process(_frame, _tensor);

    /// <summary>Resize, CopyMakeBorder, BlobFromImage.</summary>
    [Benchmark]
    public void OpenCvSharp() => OpenCvPath.Letterbox(_mat, _side, 1 / 255.0, default);

    /// <summary>Channels apart, floats, interpolate and pad.</summary>
    [Benchmark]
    public void TorchSharp()
    {
        using var scope = torch.NewDisposeScope();
        using var noGradients = torch.no_grad();
        double r = Math.Min((double)_side / _mat.Rows, (double)_side / _mat.Cols);
        int w = (int)Math.Round(_mat.Cols * r), h = (int)Math.Round(_mat.Rows * r), left = (_side - w) / 2, top = (_side - h) / 2;
        var planes = _torch.permute(2, 0, 1).unsqueeze(0).flip(1).to(torch.float32);
        var resized = torch.nn.functional.interpolate(planes, size: [h, w], mode: torch.InterpolationMode.Bilinear, align_corners: false).div_(255);
        torch.nn.functional.pad(resized, [left, _side - w - left, top, _side - h - top], PaddingModes.Constant, 114 / 255.0);
    }

    /// <summary>Skia draws the picture, already 32 bits a pixel, and a loop converts it.</summary>
    [Benchmark]
    public void SkiaSharp()
    {
        double r = Math.Min((double)_side / _bitmap.Height, (double)_side / _bitmap.Width);
        float w = MathF.Round((float)(_bitmap.Width * r)), h = MathF.Round((float)(_bitmap.Height * r)), left = MathF.Floor((_side - w) / 2), top = MathF.Floor((_side - h) / 2);
        _canvas.Clear(new SKColor(114, 114, 114));
        using (var image = SKImage.FromBitmap(_bitmap))
        {
            _canvas.DrawImage(image, new SKRect(left, top, left + w, top + h), new SKSamplingOptions(SKFilterMode.Linear));
        }

        var pixels = _resized.GetPixelSpan();
        int plane = _side * _side;
        for (int i = 0; i < plane; i++)
        {
            _values[i] = pixels[4 * i + 2] / 255f;
            _values[plane + i] = pixels[4 * i + 1] / 255f;
            _values[2 * plane + i] = pixels[4 * i] / 255f;
        }
    }

    /// <summary>What one writes first: four neighbours and two weights a pixel.</summary>
    [Benchmark]
    public void PlainLoop()
    {
        int width = _frame.Width, height = _frame.Height, plane = _side * _side, stride = _frame.Stride;
        double r = Math.Min((double)_side / height, (double)_side / width);
        int w = (int)Math.Round(width * r), h = (int)Math.Round(height * r), left = (_side - w) / 2, top = (_side - h) / 2;
        _values.AsSpan().Fill(114 / 255f);
        var data = _frame.Data;
        for (int y = 0; y < h; y++)
        {
            float fy = Math.Clamp((float)((y + 0.5) / r - 0.5), 0, height - 1);
            int y0 = (int)fy, y1 = Math.Min(y0 + 1, height - 1);
            fy -= y0;
            for (int x = 0; x < w; x++)
            {
                float fx = Math.Clamp((float)((x + 0.5) / r - 0.5), 0, width - 1);
                int x0 = (int)fx, x1 = Math.Min(x0 + 1, width - 1);
                fx -= x0;
                for (int c = 0; c < 3; c++)
                {
                    float upper = data[y0 * stride + x0 * 3 + c] * (1 - fx) + data[y0 * stride + x1 * 3 + c] * fx;
                    float lower = data[y1 * stride + x0 * 3 + c] * (1 - fx) + data[y1 * stride + x1 * 3 + c] * fx;
                    _values[(2 - c) * plane + (top + y) * _side + left + x] = MathF.Round(upper * (1 - fy) + lower * fy) / 255f;
                }
            }
        }
    }

    /// <summary>The bytes alone.</summary>
    [Benchmark]
    public void BytesFloor() => _floor.Run();

    /// <inheritdoc/>
    public void Dispose()
    {
        _frame?.Dispose();
        _mat?.Dispose();
        _torch?.Dispose();
        _canvas?.Dispose();
        _resized?.Dispose();
        _bitmap?.Dispose();
        GC.SuppressFinalize(this);
    }
}
