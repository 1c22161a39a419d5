using BenchmarkDotNet.Attributes;
using BenchmarkDotNet.Configs;
using EdgeVision.Decoding;
using EdgeVision.Decoding.Rcnn;
using EdgeVision.Specs;
using EdgeVision.Tensors;

namespace EdgeVision.Bench;

/// <summary>
/// What is read inside boxes, the runtime's against plain loops: a Mask R-CNN mask of 28 x 28 pasted into a box of 200 x 300, RoIAlign of 256
/// channels to 7 x 7, seventeen Keypoint R-CNN heatmaps of 56 x 56 in a box of 150 x 300, and a mask of 32 prototypes of 160 x 160 in a box of 200 x 300.
/// </summary>
[MemoryDiagnoser]
[GroupBenchmarksBy(BenchmarkLogicalGroupRule.ByCategory)]
[CategoriesColumn]
public class RegionBench
{
    private static readonly Box Area = new(120.3f, 80.2f, 320.3f, 380.2f), Figure = new(120.3f, 80.2f, 269.9f, 379.7f);
    private readonly RoiAlign _align = new(1f / 16, 7, 7, 2, aligned: true);
    private readonly KeypointRcnnHeatmaps _heatmaps = new();
    private readonly PlainRegions.Tap[] _taps = new PlainRegions.Tap[4 * 49];
    private readonly float[] _mask = Values(28 * 28), _features = Values(256 * 50 * 68), _pooled = new float[256 * 49], _maps = Values(17 * 56 * 56), _widened = new float[56 * 150];
    private readonly float[] _prototypes = Values(32 * 160 * 160), _coefficients = Values(32), _sums = new float[160 * 160];
    private readonly byte[] _bytes = new byte[640 * 640];
    private readonly Keypoint[] _points = new Keypoint[17];
    private readonly VisionResult _result = new();
    private float[] _pasted = [];
    private MaskPaster.Region _region;
    private OutputDecoder _decoder = null!;
    private ArrayTensorSet _outputs = null!;

    /// <summary>Makes a head of one box, so that a decode is one mask.</summary>
    [GlobalSetup]
    public void Setup()
    {
        _region = MaskPaster.GetRegion(Area, 28, 640, 640);
        _pasted = new float[_region.Width * _region.Height];
        float[] rows = [(Area.X1 + Area.X2) / 2, (Area.Y1 + Area.Y2) / 2, Area.Width, Area.Height, 0.9f, .. _coefficients];
        TensorInfo[] graph = [new("rows", [1, 37, 1], TensorElement.Float32), new("prototypes", [1, 32, 160, 160], TensorElement.Float32)];
        var spec = new ModelSpec { Input = new InputSpec { Width = 640, Height = 640 }, Labels = ["thing"], Outputs = [new OutputSpec { Decoder = "yolo-dfl-seg" }] };
        _decoder = DecoderRegistry.Create(spec, spec.Outputs[0], graph, new DecoderOptions(0.25f, 0.45f, 300, false));
        _outputs = new ArrayTensorSet(("rows", [1, 37, 1], rows), ("prototypes", [1, 32, 160, 160], _prototypes));
    }

    /// <summary>A mask into its box.</summary>
    [Benchmark(Baseline = true), BenchmarkCategory("mask paste")]
    public void MaskPasteVectors() => MaskPaster.Paste(_mask, 28, Area, _region, _pasted);

    /// <summary>The same, pixel by pixel.</summary>
    [Benchmark, BenchmarkCategory("mask paste")]
    public void MaskPastePlain() => PlainRegions.PasteMask(_mask, 28, Area, _region, _pasted);

    /// <summary>A region of 12 x 19 cells.</summary>
    [Benchmark(Baseline = true), BenchmarkCategory("RoIAlign")]
    public void RoiAlignVectors() => _align.Run(_features, 256, 50, 68, Area, _pooled);

    /// <summary>The same, sample by sample.</summary>
    [Benchmark, BenchmarkCategory("RoIAlign")]
    public void RoiAlignPlain() => PlainRegions.Align(_features, 256, 50, 68, 1f / 16, Area, 7, _taps, _pooled);

    /// <summary>Keypoints of one figure.</summary>
    [Benchmark(Baseline = true), BenchmarkCategory("heatmaps")]
    public void Heatmaps() => _heatmaps.Locate(_maps, 56, Figure, _points);

    /// <summary>The same, pixel by pixel.</summary>
    [Benchmark, BenchmarkCategory("heatmaps")]
    public void HeatmapsPlain() => PlainRegions.Locate(_maps, 56, 150, 300, _widened, _points);

    /// <summary>One box of a segmentation head, decoded whole.</summary>
    [Benchmark(Baseline = true), BenchmarkCategory("prototypes")]
    public void Prototypes() => _decoder.Decode(_outputs, 0, FrameTransform.Identity(640, 640), _result);

    /// <summary>Its mask alone, pixel by pixel.</summary>
    [Benchmark, BenchmarkCategory("prototypes")]
    public void PrototypesPlain() => PlainRegions.Prototypes(_prototypes, _coefficients, 160, 640, Area, _sums, _bytes);

    private static float[] Values(int count)
    {
        var random = new Random(count);
        return [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() * 2 - 1)];
    }
}
