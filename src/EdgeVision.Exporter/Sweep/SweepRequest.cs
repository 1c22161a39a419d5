using EdgeVision.Exporter.Data;
using EdgeVision.Exporter.Export;

namespace EdgeVision.Exporter.Sweep;

/// <summary>Models that a sweep writes: every architecture at every width and size.</summary>
internal sealed record SweepRequest
{
    /// <summary>Classifiers from the smallest to the largest, as candidates for a backbone.</summary>
    public static readonly string[] Backbones =
        ["tinyresnet", "mobilenetv3-small", "mobilenetv2", "efficientnet-lite0", "resnet18", "resnet34", "resnet50", "convnext", "vit"];

    /// <summary>Names in the catalog.</summary>
    public string[] Architectures { get; init; } = Backbones;

    /// <summary>Factors on the channels.</summary>
    public double[] WidthMultipliers { get; init; } = [0.5, 1];

    /// <summary>Inputs in pixels.</summary>
    public (int Width, int Height)[] Sizes { get; init; } = [(160, 160), (224, 224), (320, 320)];

    /// <summary>Gets whether each model is also written in float16.</summary>
    public bool Half { get; init; }

    /// <summary>Number of image, object and pixel classes; those of ImageNet, COCO and Pascal VOC when null.</summary>
    public int? Classes { get; init; }

    /// <summary>Seed of the weights.</summary>
    public int Seed { get; init; } = 1;

    /// <summary>Further options of the exports; <see cref="ExportOptions.Half"/> is set by <see cref="Half"/>.</summary>
    public ExportOptions Options { get; init; } = new();

    /// <summary>Gets placeholder labels for the number of classes, which affects the cost of a head and its decoder.</summary>
    public DataLabels Labels => new()
    {
        Pictures = Named("class", Classes ?? 1000),
        Objects = Named("object", Classes ?? 80),
        Pixels = Named("area", Classes ?? 21),
        Keypoints = Named("keypoint", 17),
    };

    private static string[] Named(string what, int count) => [.. Enumerable.Range(0, count).Select(i => $"{what} {i}")];
}
