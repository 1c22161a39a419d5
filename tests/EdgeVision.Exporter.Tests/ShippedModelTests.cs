using EdgeVision.Exporter.Architectures;
using EdgeVision.Exporter.Data;
using EdgeVision.Exporter.Data.Drawn;
using EdgeVision.Exporter.Evaluation;
using EdgeVision.Exporter.Export;
using EdgeVision.Exporter.Training;
using EdgeVision.Models;
using EdgeVision.Onnx;
using EdgeVision.Specs;

namespace EdgeVision.Exporter.Tests;

/// <summary>models/shapes-fpn.onnx and samples/scene.png are what the exporter makes, and fit each other.</summary>
public class ShippedModelTests
{
    private static readonly string Root = FindRoot();
    private static readonly Scene Sample = DrawnScenes.Draw(3_000_000, SampleIndex, 640, 480);

    private const int SampleIndex = 19; // of 'scenes --seed 3000000 --size 640x480'

    [Fact]
    public void TheSampleIsTheDrawnScene()
    {
        using var bitmap = SkiaSharp.SKBitmap.Decode(Path.Combine(Root, "samples", "scene.png"));
        Assert.Equal((Sample.Width, Sample.Height), (bitmap.Width, bitmap.Height));
        double difference = 0;
        for (int y = 0; y < bitmap.Height; y++)
        {
            for (int x = 0; x < bitmap.Width; x++)
            {
                difference += Math.Abs(bitmap.GetPixel(x, y).Green - Sample.Rgb[(y * Sample.Width + x) * 3 + 1]);
            }
        }

        // Not to the last bit: Skia's float paths differ between processors.
        Assert.True(difference / (bitmap.Width * bitmap.Height) < 0.5);
    }

    [Fact]
    public void TheModelFindsEverythingInTheSampleAndInventsNothing()
    {
        using var detector = Detector.Load(ModelPath);
        using var frame = Frame.Borrow(Sample.Rgb, PixelFormat.Rgb24, Sample.Width, Sample.Height);
        var found = detector.Detect(frame);
        Assert.Equal(Sample.Objects.Count, found.Count);
        foreach (var (classId, box) in Sample.Objects)
        {
            Assert.Contains(Enumerable.Range(0, found.Count), i => found.ClassIds[i] == classId && AnchorMatcher.Iou(found.Boxes[i], box) > 0.75f);
        }
    }

    [Fact]
    public void TheModelReachesItsAccuracy()
    {
        var spec = ModelSpecValidator.Parse(OnnxModel.Load(ModelPath).GetMetadata(ModelSpec.MetadataKey)!, "shapes-fpn");
        Assert.True(spec.Provenance!.Metrics!["map50"] >= 0.9);
        Assert.True(spec.Provenance.Metrics["parity_max_relative"] <= Parity.Limit);
        var scenes = DrawnData.Create("shapes", 60, 4_000_000, 320, 240);
        Assert.True(BundleEvaluator.Run(ModelPath, new FpnDetector(DetectorHarness.Shapes), scenes)["detect.mAP@0.5"] >= 0.9);
    }

    private static string ModelPath => Path.Combine(Root, "models", "shapes-fpn.onnx");

    private static string FindRoot()
    {
        string? folder = AppContext.BaseDirectory;
        while (folder is not null && !File.Exists(Path.Combine(folder, "EdgeVision.sln")))
        {
            folder = Path.GetDirectoryName(folder);
        }

        return folder ?? throw new InvalidOperationException("EdgeVision.sln is in no folder above the tests");
    }
}
