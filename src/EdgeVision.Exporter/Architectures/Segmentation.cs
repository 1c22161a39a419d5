using EdgeVision.Exporter.Training;
using EdgeVision.Exporter.Heads;

namespace EdgeVision.Exporter.Architectures;

/// <summary>Input, labels and head that the semantic segmentation networks share.</summary>
internal static class Segmentation
{
    public static (ModelSpec Spec, IReadOnlyList<Head> Heads) Describe(ModelSettings settings, string name, int width, int height)
    {
        string[] labels = [.. settings.Labels is { Pixels.Count: > 0 } l ? l.Pixels : DefaultLabels.Foreground];
        var spec = new ModelSpec
        {
            Name = settings.Name ?? name,
            Task = "segment",
            Input = Inputs.ImageNet(settings, width, height),
            Outputs = [new OutputSpec { Head = "segment", Decoder = "segmentation", Tensors = ["logits"] }],
            Labels = labels,
        };
        return (spec, [new SegmentationHead(spec.Outputs[0], labels)]);
    }
}
