using EdgeVision.Exporter.Data;
using EdgeVision.Exporter.Data.Drawn;
using EdgeVision.Exporter.Evaluation;
using EdgeVision.Exporter.Export;
using EdgeVision.Exporter.Training;
using EdgeVision.Models;
using EdgeVision.Models.Verification;
using EdgeVision.Onnx;
using EdgeVision.Retrieval;
using EdgeVision.Specs;

namespace EdgeVision.Exporter.Tests;

/// <summary>Every bundle in models/: it is small, says what it is, repeats its self-test, and does on fresh pictures what its card says.</summary>
public class ShippedModelsTests
{
    private const long LargestFile = 15_000_000, LargestTogether = 80_000_000;

    // What each must reach on its own test pictures, as measured when it was exported.
    private static readonly (string Pattern, string Measure, double Least)[] Demands =
    [
        ("scenes-multitask", "detect.mAP@0.5", 0.9), ("scenes-multitask", "segment.mIoU", 0.88), ("scenes-multitask", "classify.top1", 0.97), ("scenes-multitask", "depth.delta1", 0.9),
        ("shelves-retinanet", "detect.mAP@0.5", 0.9), ("shelves-ssdlite", "detect.mAP@0.5", 0.9), ("shelves-yolo", "detect.mAP@0.5", 0.9), ("shelves-faster-rcnn", "detect.mAP@0.5", 0.9),
        ("scenes-unet", "segment.mIoU", 0.9), ("shelves-deeplab", "segment.mIoU", 0.9),
        ("figures-", "pose.PCK@0.1", 0.95), ("families-", "embed.recall@1", 0.95), ("scenes-", "classify.top1", 0.97),
    ];

    private static readonly string Models = Path.Combine(FindRoot(), "models");

    public static TheoryData<string> Recipes => [.. Directory.EnumerateFiles(Path.Combine(Models, "recipes"), "*.yaml").Select(f => Path.GetFileNameWithoutExtension(f)!).Where(n => File.Exists(Path.Combine(Models, n + ".onnx"))).Order(StringComparer.Ordinal)];

    [Fact]
    public void EveryBundleHasARecipeAndACardAndNoneIsBig()
    {
        string[] bundles = [.. Directory.EnumerateFiles(Models, "*.onnx")];
        Assert.All(bundles, b => Assert.True(File.Exists(Path.ChangeExtension(b, ".md")), $"{b} has no card"));
        Assert.All(bundles, b => Assert.InRange(new FileInfo(b).Length, 1, LargestFile));
        Assert.InRange(bundles.Sum(b => new FileInfo(b).Length), 1, LargestTogether);
        Assert.All(bundles.Select(b => Path.GetFileNameWithoutExtension(b)), n => Assert.True(File.Exists(Path.Combine(Models, "recipes", n + ".yaml")), $"{n} has no recipe"));
    }

    [Theory]
    [MemberData(nameof(Recipes))]
    public void ABundleReachesWhatIsDemandedOfIt(string name)
    {
        var metrics = Spec(name).Provenance!.Metrics!;
        Assert.InRange(metrics["parity_max_relative"], 0, Parity.Limit);
        Assert.True(BundleVerifier.Verify(Path.Combine(Models, name + ".onnx")).Passed, $"{name} does not repeat its self-test");
        var demands = Demands.Where(d => name.StartsWith(d.Pattern, StringComparison.Ordinal) && metrics.ContainsKey(d.Measure)).ToArray();
        Assert.True(demands.Length > 0 || name == "shapes-fpn", $"nothing is demanded of {name}");
        Assert.All(demands, d => Assert.True(metrics[d.Measure] >= d.Least, $"{name}: {d.Measure} {metrics[d.Measure]}"));
    }

    [Theory]
    [MemberData(nameof(Recipes))]
    public void OnTheFirstOfItsTestPicturesItIsAsGoodAsItsCardSays(string name)
    {
        var config = TrainConfig.Load(Path.Combine(Models, "recipes", name + ".yaml"));
        var (architecture, _) = TrainingRun.Open(config);
        // Families are found among their own kind, so retrieval needs whole families and not too few.
        var source = TrainingRun.OpenSource(config.Data.Test! with { Count = 40 }, architecture);
        var metrics = BundleEvaluator.Run(Path.Combine(Models, name + ".onnx"), architecture, source);
        var stated = Spec(name).Provenance!.Metrics!;
        foreach (var head in architecture.Heads)
        {
            var (measure, value) = metrics.First(m => m.Key.StartsWith(head.Name + ".", StringComparison.Ordinal));
            // The first bundle was made before measures had these names.
            double said = name == "shapes-fpn" ? stated["map50"] : stated[measure];
            Assert.True(value >= said - 0.06, $"{name}: {measure} is {value} on 40 pictures; its card says {said}");
        }
    }

    [Theory]
    [MemberData(nameof(Recipes))]
    public void ARecipeDescribesTheBundle(string name)
    {
        var config = TrainConfig.Load(Path.Combine(Models, "recipes", name + ".yaml"));
        var (architecture, _) = TrainingRun.Open(config);
        var spec = Spec(name);
        Assert.Equal((config.Name, architecture.Spec.Task, architecture.Spec.Input.Width, architecture.Spec.Input.Height), (spec.Name, spec.Task, spec.Input.Width, spec.Input.Height));
        Assert.Equal(architecture.Spec.Labels, spec.Labels);
        Assert.Equal(architecture.Analyze().Parameters, spec.Provenance!.Metrics!["parameters"]);
    }

    [Fact]
    public void NearDuplicatesAndClassesAreFoundThroughTheIndex()
    {
        using var embedder = Embedder.Load(Path.Combine(Models, "families-triplet.onnx"));
        // Fifty emblems that training never saw, eight pictures of each: half are kept in the index, the others look for their like.
        var pictures = DrawnData.Create("families", 400, 3_000_001, 64, 64);
        var vectors = Enumerable.Range(0, 400).Select(i => Embed(embedder, pictures.Load(i))).ToArray();
        using var index = new EmbeddingIndex(vectors[0].Length, EmbeddingMetric.Cosine);
        for (int i = 0; i < 400; i++)
        {
            if (i % 8 < 4)
            {
                index.Add(i, vectors[i], FormattableString.Invariant($"emblem {i / 8}"));
            }
        }

        int found = 0, sameForm = 0;
        for (int i = 0; i < 400; i++)
        {
            if (i % 8 >= 4)
            {
                var best = index.Search(vectors[i], 1)[0];
                found += best.Label == FormattableString.Invariant($"emblem {i / 8}") ? 1 : 0;
                sameForm += pictures.Load(int.Parse(best.Id, System.Globalization.CultureInfo.InvariantCulture)).ClassId == pictures.Load(i).ClassId ? 1 : 0;
            }
        }

        Assert.True(found >= 190, $"{found} of 200 found their emblem among fifty");
        Assert.True(sameForm >= found, $"{sameForm} of 200 found their form");
    }

    private static float[] Embed(Embedder embedder, LabelledImage picture)
    {
        using var frame = Frame.Borrow(picture.Rgb, PixelFormat.Rgb24, picture.Width, picture.Height);
        return embedder.Embed(frame).Values.ToArray();
    }

    private static ModelSpec Spec(string name) => ModelSpecValidator.Parse(OnnxModel.Load(Path.Combine(Models, name + ".onnx")).GetMetadata(ModelSpec.MetadataKey)!, name);

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
