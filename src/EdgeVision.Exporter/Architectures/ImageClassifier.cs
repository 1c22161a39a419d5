using EdgeVision.Exporter.Architectures.Backbones;
using EdgeVision.Exporter.Authoring;
using EdgeVision.Exporter.Heads;
using EdgeVision.Exporter.Layers;
using EdgeVision.Exporter.Training;
using EdgeVision.Specs;

namespace EdgeVision.Exporter.Architectures;

/// <summary>Image classifier: a backbone, its pooled features and one linear layer; logits [N, classes].</summary>
public sealed class ImageClassifier : Architecture
{
    private readonly Backbone _backbone;
    private readonly string[] _labels;

    /// <summary>Creates a classifier over <paramref name="backbone"/> for the image classes of the settings.</summary>
    public ImageClassifier(string name, string description, ModelSettings settings, Backbone backbone, int side)
    {
        ArgumentNullException.ThrowIfNull(settings);
        _backbone = backbone;
        (Name, Description) = (name, description);
        _labels = [.. settings.Labels is { Pictures.Count: > 0 } l ? l.Pictures : DefaultLabels.Scenes];
        Spec = new ModelSpec
        {
            Name = settings.Name ?? name,
            Task = "classify",
            Input = InputSpecs.CreateImageNetInput(settings, side, side) with { Resize = new ResizeSpec { Mode = ResizeMode.Stretch } },
            Outputs = [new OutputSpec { Head = "classify", Decoder = "softmax", Tensors = ["logits"] }],
            Labels = _labels,
        };
        Heads = [new ClassificationHead(Spec.Outputs[0], _labels)];
    }

    /// <inheritdoc/>
    public override string Name { get; }

    /// <inheritdoc/>
    public override string Description { get; }

    /// <inheritdoc/>
    public override ModelSpec Spec { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<Head> Heads { get; }

    /// <inheritdoc/>
    public override bool SupportsDynamicSize => _backbone.SupportsDynamicSize;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Stages => [.. _backbone.Stages, "head"];

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, Value Value)> Forward(Net net, Value image)
    {
        var pooled = _backbone.Pool(net, _backbone.Forward(net, image));
        return [("logits", net.Linear("head.fc", pooled, _labels.Length, WeightInitializer.Normal(0.01)))];
    }
}

/// <summary>Input specs shared by the architectures.</summary>
internal static class InputSpecs
{
    /// <summary>Returns an RGB input, scaled to 0..1, with ImageNet's mean and standard deviation, letterboxed.</summary>
    public static InputSpec CreateImageNetInput(ModelSettings settings, int width, int height) => new()
    {
        Name = "images",
        Width = settings.Width > 0 ? settings.Width : width,
        Height = settings.Height > 0 ? settings.Height : height,
        Resize = new ResizeSpec { Mode = ResizeMode.Letterbox },
        Mean = [0.485f, 0.456f, 0.406f],
        Std = [0.229f, 0.224f, 0.225f],
    };
}
