using BenchmarkDotNet.Attributes;
using EdgeVision.Preprocessing;
using EdgeVision.Specs;
using EdgeVision.Tensors;
using OpenCvSharp;
using OpenCvSharp.Dnn;

namespace EdgeVision.Bench;

/// <summary>1280 x 720 BGR to other tensors of 640 x 640: bytes, halves, a mean and a deviation for each channel, stretched instead of letterboxed.</summary>
[MemoryDiagnoser]
public class TensorBench : IDisposable
{
    private const int Side = 640;
    private static readonly float[] Mean = [0.485f, 0.456f, 0.406f], Std = [0.229f, 0.224f, 0.225f];
    private readonly Frame _frame = Frame.Rent(PixelFormat.Bgr24, 1280, 720);
    private readonly Mat _mat = new(720, 1280, MatType.CV_8UC3), _half = new();
    private Preprocessor _preprocessor = null!;
    private byte[] _tensor = [];
    private CopyFloor _floor = null!;

    /// <summary>What differs from NCHW float32 RGB, 0..1, letterboxed.</summary>
    [Params("uint8", "float16", "mean and std", "stretched", "NHWC")]
    public string Tensor { get; set; } = "";

    /// <summary>Makes the frame in both worlds.</summary>
    [GlobalSetup]
    public void Setup()
    {
        Cv2.SetNumThreads(1);
        new Random(1).NextBytes(_frame.MutableData);
        System.Runtime.InteropServices.Marshal.Copy(_frame.Data.ToArray(), 0, _mat.Data, _frame.Data.Length);
        var spec = Tensor switch
        {
            "uint8" => new InputSpec { Width = Side, Height = Side, Element = TensorElement.UInt8, Scale = 1 },
            "float16" => new InputSpec { Width = Side, Height = Side, Element = TensorElement.Float16 },
            "mean and std" => new InputSpec { Width = Side, Height = Side, Mean = Mean, Std = Std },
            "stretched" => new InputSpec { Width = Side, Height = Side, Resize = new ResizeSpec { Mode = ResizeMode.Stretch } },
            _ => new InputSpec { Width = Side, Height = Side, Layout = TensorLayout.Nhwc },
        };
        _preprocessor = new Preprocessor(spec);
        _tensor = new byte[Preprocessor.GetByteCount(spec)];
        _floor = new CopyFloor(_frame, _tensor.Length, Tensor == "stretched" ? Side : CopyFloor.Letterboxed(_frame, Side));
    }

    /// <summary>One fused pass.</summary>
    [Benchmark(Baseline = true)]
    public FrameTransform EdgeVision() => _preprocessor.Process(_frame, _tensor);

    /// <summary>OpenCV's calls to the same tensor.</summary>
    [Benchmark]
    public void OpenCvSharp()
    {
        switch (Tensor)
        {
            case "uint8":
                using (var padded = OpenCvPath.Padded(_mat, Side))
                {
                    Cv2.CvtColor(padded, padded, ColorConversionCodes.BGR2RGB);
                    Cv2.Split(padded, out Mat[] planes);
                    Array.ForEach(planes, p => p.Dispose());
                }

                break;
            case "stretched":
                using (CvDnn.BlobFromImage(_mat, 1 / 255.0, new Size(Side, Side), default, swapRB: true, crop: false))
                {
                }

                break;
            case "mean and std":
                // One scale serves all channels there; a deviation for each would cost three calls more.
                OpenCvPath.Letterbox(_mat, Side, 1 / (255 * 0.226), new Scalar(255 * Mean[0], 255 * Mean[1], 255 * Mean[2]));
                break;
            case "NHWC":
                using (var padded = OpenCvPath.Padded(_mat, Side))
                {
                    Cv2.CvtColor(padded, padded, ColorConversionCodes.BGR2RGB);
                    padded.ConvertTo(_half, MatType.CV_32FC3, 1 / 255.0);
                }

                break;
            default:
                using (var padded = OpenCvPath.Padded(_mat, Side))
                using (var blob = CvDnn.BlobFromImage(padded, 1 / 255.0, default, default, swapRB: true, crop: false))
                {
                    blob.Reshape(1, 3 * Side).ConvertTo(_half, MatType.CV_16FC1);
                }

                break;
        }
    }

    /// <summary>The bytes alone.</summary>
    [Benchmark]
    public void BytesFloor() => _floor.Run();

    /// <inheritdoc/>
    public void Dispose()
    {
        _frame.Dispose();
        _mat.Dispose();
        _half.Dispose();
        GC.SuppressFinalize(this);
    }
}
