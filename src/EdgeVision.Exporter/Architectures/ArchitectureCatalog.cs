using System.Globalization;
using EdgeVision.Exporter.Architectures.Backbones;

namespace EdgeVision.Exporter.Architectures;

/// <summary>Catalog entry of an architecture.</summary>
/// <param name="Name">Name on the command line, in configs and in bundles.</param>
/// <param name="Options">Options that it accepts besides sizes and channels, for <c>list</c>.</param>
/// <param name="Create">Creates it; settings that are left out take the architecture's defaults.</param>
public sealed record ArchitectureEntry(string Name, string Options, Func<ModelSettings, Architecture> Create);

/// <summary>Catalog of all architectures by name.</summary>
public static class ArchitectureCatalog
{
    /// <summary>Gets all entries.</summary>
    public static IReadOnlyList<ArchitectureEntry> All { get; } =
    [
        new("tinyresnet", "",
            s => new ImageClassifier("tinyresnet", "Smallest residual classifier: a stem and two stages", s, new TinyResNet(s.ScaleChannels(32)),
                128)),
        new("resnet18", "", s => ResNet(18, s)),
        new("resnet34", "", s => ResNet(34, s)),
        new("resnet50", "", s => ResNet(50, s)),
        new("mobilenetv2", "",
            s => new ImageClassifier("mobilenetv2", "MobileNetV2: inverted residuals, ReLU6", s, new MobileNetV2(s), 224)),
        new("mobilenetv3-small", "",
            s => new ImageClassifier("mobilenetv3-small", "MobileNetV3-small: squeeze and excitation, hard swish", s,
                new MobileNetV3Small(s), 224)),
        new("efficientnet-lite0", "",
            s => new ImageClassifier("efficientnet-lite0", "EfficientNet-Lite0: compound-scaled inverted residuals without squeeze", s,
                new EfficientNetLite(s), 224)),
        new("convnext", "blocks",
            s => new ImageClassifier("convnext", "ConvNeXt: depthwise 7x7, layer normalisation, GELU", s, new ConvNeXt(s), 224)),
        new("vit", "patch, dimension, depth, heads",
            s => new ImageClassifier("vit", "Vision Transformer: patches, class token, pre-norm encoder", s, ViT(s), 224)),
        new("retinanet", "anchors", s => new FpnDetector(s)),
        new("ssdlite", "", s => new SsdLite(s)),
        new("yolo", "", s => new YoloDetector(s)),
        new("faster-rcnn", "", s => new FasterRcnn(s)),
        new("unet", "", s => new UNet(s)),
        new("deeplabv3plus", "", s => new DeepLab(s)),
        new("heatmap-pose", "refinement", s => new HeatmapPose(s)),
        new("simcc-pose", "", s => new SimccPose(s)),
        new("embedding", "loss, mining, margin, scale, identities", s => new EmbeddingNet(s)),
        new("multitask", "heads", s => new MultiTaskNet(s)),
    ];

    /// <summary>Creates the architecture with the given name.</summary>
    /// <exception cref="EdgeVisionException">No architecture has that name, or the settings do not fit it.</exception>
    public static Architecture Create(string name, ModelSettings? settings = null) =>
        (All.FirstOrDefault(a => a.Name == name)
        ?? throw new EdgeVisionException($"Unknown architecture '{name}'; it must be one of {string.Join(", ", All.Select(a => a.Name))}"))
        .Create(settings ?? new ModelSettings());

    private static ImageClassifier ResNet(int depth, ModelSettings settings) =>
        new($"resnet{depth}", $"ResNet-{depth}: {(depth < 50 ? "basic" : "bottleneck")} residual blocks", settings,
            new ResNet(depth, settings), 224);

    // The published sizes have 64 features per head and differ in the number of heads: 3 (tiny), 6 (small), 12 (base).
    private static VisionTransformer ViT(ModelSettings settings)
    {
        int heads = Math.Max(1, (int)Math.Round(6 * settings.WidthMultiplier));
        return new VisionTransformer(Number(settings, "patch", 16), Number(settings, "dimension", 64 * heads),
            Number(settings, "depth", 12), Number(settings, "heads", heads));
    }

    private static int Number(ModelSettings settings, string option, int fallback)
    {
        string text = settings.GetOption(option, fallback.ToString(CultureInfo.InvariantCulture));
        return int.TryParse(text, CultureInfo.InvariantCulture, out int value) && value > 0
            ? value
            : throw new EdgeVisionException($"Option '{option}' must be an integer above 0; got '{text}'");
    }
}
