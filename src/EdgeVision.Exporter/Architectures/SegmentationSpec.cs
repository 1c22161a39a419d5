using EdgeVision.Exporter.Heads;
using EdgeVision.Exporter.Training;
using EdgeVision.Specs;

namespace EdgeVision.Exporter.Architectures;

/// <summary>Input, labels and head that the semantic segmentation networks share.</summary>
internal static class SegmentationSpec
{
    public static (ModelSpec Spec, IReadOnlyList<Head> Heads) Create(ModelSettings settings, string name, int width, int height)
    {
        string[] labels = [.. settings.Labels is { Pixels.Count: > 0 } l ? l.Pixels : DefaultLabels.Foreground];
        var spec = new ModelSpec
        {
            Name = settings.Name ?? name,
            Task = "segment",
            Input = InputSpecs.CreateImageNetInput(settings, width, height),
            Outputs = [new OutputSpec { Head = "segment", Decoder = "segmentation", Tensors = ["logits"] }],
            Labels = labels,
        };
        return (spec, [new SegmentationHead(spec.Outputs[0], labels)]);
    }
}
