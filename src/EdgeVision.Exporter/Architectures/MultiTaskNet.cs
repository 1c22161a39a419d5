using EdgeVision.Exporter.Authoring;
using EdgeVision.Exporter.Heads;
using EdgeVision.Exporter.Layers;
using EdgeVision.Exporter.Training;
using EdgeVision.Specs;

namespace EdgeVision.Exporter.Architectures;

/// <summary>
/// Multi-task network: one backbone and pyramid with heads for classification, detection, segmentation and depth.
/// </summary>
/// <remarks>
/// Outputs: scene type (logits [N, scenes]), objects (as <see cref="FpnDetector"/>), foreground (logits [N, classes, H/4, W/4])
/// and distance (metres [N, 1, H/4, W/4]). Option <c>heads</c> selects some of classify, detect, segment, depth, for
/// single-task models of the same size.
/// </remarks>
public sealed class MultiTaskNet : Architecture
{
    /// <summary>Names of all heads.</summary>
    public static readonly string[] AllHeads = ["classify", "detect", "segment", "depth"];

    private static readonly ResidualBackbone Backbone = new(16, (24, 1), (48, 2), (80, 2), (96, 1));
    private static readonly FeaturePyramid Pyramid = new(48);
    private readonly string[] _heads;
    private readonly AnchorGenerator _anchors = new([8, 16, 32], [[18, 26], [36, 52], [72, 104]], [0.5f, 1f, 2f]);
    private readonly string[] _scenes, _objects, _pixels;

    /// <summary>Creates a network for the scene, object and pixel classes of the settings.</summary>
    public MultiTaskNet(ModelSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        var labels = settings.Labels;
        _scenes = [.. labels is { Pictures.Count: > 0 } ? labels.Pictures : DefaultLabels.Scenes];
        _objects = [.. labels is { Objects.Count: > 0 } ? labels.Objects : DetectorSpec.DefaultLabels];
        _pixels = [.. labels is { Pixels.Count: > 0 } ? labels.Pixels : DefaultLabels.Foreground];
        _heads = settings.GetOption("heads", string.Join(',', AllHeads)).Split(',', StringSplitOptions.TrimEntries);
        if (_heads.Length == 0 || _heads.Except(AllHeads).Any())
        {
            throw new EdgeVisionException(
                $"Option 'heads' must list some of {string.Join(", ", AllHeads)}; got '{string.Join(",", _heads)}'");
        }

        var input = InputSpecs.CreateImageNetInput(settings, 160, 128);
        Spec = new ModelSpec
        {
            Name = settings.Name ?? Name,
            Task = string.Join('+', _heads),
            Input = input,
            Outputs = [.. _heads.Select(Describe)],
            Labels = _heads.Contains("detect") ? _objects : _heads.Contains("classify") ? _scenes : _pixels,
            Thresholds = new ThresholdSpec { Confidence = 0.5f, Iou = 0.5f, MaxDetections = 50 },
        };
        Heads = [.. Spec.Outputs.Select(o => (Head)(o.Head switch
        {
            "classify" => new ClassificationHead(o, _scenes),
            "detect" => new RetinaNetHead(o, input, _anchors, _objects.Length),
            "segment" => new SegmentationHead(o, _pixels),
            _ => new DepthHead(o),
        }))];
    }

    /// <inheritdoc/>
    public override string Name => "multitask";

    /// <inheritdoc/>
    public override string Description => "Shared backbone with classification, detection, segmentation and depth";

    /// <inheritdoc/>
    public override ModelSpec Spec { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<Head> Heads { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Stages { get; } =
        ["backbone.stem", "backbone.stage1", "backbone.stage2", "backbone.stage3", "backbone.stage4", "fpn", "dense", "classify", "head",
            "segment", "depth"];

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, Value Value)> Forward(Net net, Value image)
    {
        ArgumentNullException.ThrowIfNull(net);
        var features = Backbone.Forward(net, image);
        var outputs = new List<(string, Value)>();
        if (_heads.Contains("classify"))
        {
            outputs.Add(
                ("scene_logits", net.Linear("classify.fc", net.GlobalPool(features[^1]), _scenes.Length, WeightInitializer.Normal(0.01))));
        }

        if (_heads is ["classify"])
        {
            return outputs;
        }

        var levels = Pyramid.Forward(net, [.. features.Skip(1)]);
        if (_heads.Contains("detect"))
        {
            outputs.AddRange(FpnDetector.Predict(net, levels, _anchors.AnchorsPerLocation, _objects.Length));
        }

        if (_heads.Contains("segment") || _heads.Contains("depth"))
        {
            // Stride 4, shared by both heads: the finest backbone features and the finest level, upsampled.
            var dense = net.Concat(1, features[0], net.Upsample(levels[0]));
            dense = net.ConvNorm("dense.conv", dense, 48);
            if (_heads.Contains("segment"))
            {
                outputs.Add(
                    ("pixel_logits",
                        net.Conv("segment.predict", net.ConvNorm("segment.conv", dense, 32), _pixels.Length, kernel: 1,
                            initializer: WeightInitializer.Normal(0.01))));
            }

            if (_heads.Contains("depth"))
            {
                // The bias starts at a medium distance; softplus keeps the output above 0.
                var metres = net.Conv("depth.predict", net.ConvNorm("depth.conv", dense, 32), 1, kernel: 1, initializer: WeightInitializer.Normal(0.01),
                    bias: 5);
                outputs.Add(("metres", net.Apply("depth.positive", new Softplus(), metres)));
            }
        }

        return outputs;
    }

    private OutputSpec Describe(string head) => head switch
    {
        "classify" => new OutputSpec { Head = head, Decoder = "softmax", Tensors = ["scene_logits"], Labels = _scenes },
        "detect" => FpnDetector.Output(_anchors, head) with { Labels = _objects },
        "segment" => new OutputSpec { Head = head, Decoder = "segmentation", Tensors = ["pixel_logits"], Labels = _pixels },
        _ => new OutputSpec { Head = head, Decoder = "depth", Tensors = ["metres"], Labels = [] },
    };
}
