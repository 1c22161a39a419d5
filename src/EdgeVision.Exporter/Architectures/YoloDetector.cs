using EdgeVision.Exporter.Authoring;
using EdgeVision.Exporter.Heads;
using EdgeVision.Exporter.Layers;
using EdgeVision.Exporter.Training;
using EdgeVision.Specs;

namespace EdgeVision.Exporter.Architectures;

/// <summary>Anchor-free detector after YOLOv8, with box distances as distributions over 16 bins.</summary>
/// <remarks>
/// Residual backbone, feature pyramid over strides 8, 16 and 32, and for each level one branch for the classes and one for the
/// distances to the four sides of the box. Output <c>output0</c> [N,4+C,A], as Ultralytics exports it: cx, cy, w, h in pixels
/// of the input, then class scores 0..1. Locations are ordered by level, y, x.
/// </remarks>
public sealed class YoloDetector : Architecture
{
    private static readonly int[] Strides = [8, 16, 32];
    private readonly ResidualBackbone _backbone;
    private readonly FeaturePyramid _pyramid;
    private readonly DistributionBoxes _boxes;
    private readonly InputSpec _input;
    private readonly string[] _labels;
    private readonly string _name;

    /// <summary>Creates the detector with the given settings, or its defaults.</summary>
    public YoloDetector(ModelSettings? settings = null)
    {
        settings ??= new ModelSettings();
        _name = settings.Name ?? Name;
        _input = DetectorSpec.CreateInput(settings);
        _labels = DetectorSpec.GetLabels(settings);
        _backbone = DetectorSpec.CreateBackbone(settings);
        _pyramid = new FeaturePyramid(settings.ScaleChannels(48));
        _boxes = new DistributionBoxes(_input.Width, _input.Height, Strides);
        Heads = [new YoloHead(_input, _labels.Length, _boxes)];
    }

    /// <inheritdoc/>
    public override string Name => "yolo";

    /// <inheritdoc/>
    public override string Description => "Anchor-free detector with distribution focal loss, residual backbone, FPN";

    /// <inheritdoc/>
    public override IReadOnlyList<Head> Heads { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Stages => DetectorSpec.Stages;

    /// <inheritdoc/>
    public override ModelSpec Spec => new()
    {
        Name = _name,
        Task = "detect",
        Input = _input,
        Outputs = [.. Heads.Select(h => h.Output)],
        Labels = _labels,
        Thresholds = new ThresholdSpec { Confidence = 0.4f, Iou = 0.6f, MaxDetections = 100 },
    };

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, Value Value)> Forward(Net net, Value image)
    {
        var (distribution, logits) = Raw(net, image);
        var boxes = net.Apply("boxes", _boxes, distribution);
        return [("output0", net.Concat(1, boxes, net.Apply("scores", new Sigmoid(), logits)))];
    }

    /// <summary>Returns <c>box_distribution</c> [N,64,A] and <c>class_logits</c> [N,C,A], before softmax and sigmoid.</summary>
    public override IReadOnlyList<(string Name, Value Value)> TrainingForward(Net net, Value image)
    {
        var (distribution, logits) = Raw(net, image);
        return [("box_distribution", distribution), ("class_logits", logits)];
    }

    private (Value Distribution, Value Logits) Raw(Net net, Value image)
    {
        var levels = _pyramid.Forward(net, [.. _backbone.Forward(net, image).Skip(1)]);
        var boxes = new List<Value>();
        var classes = new List<Value>();

        // Every score starts at 0.01, so that background does not dominate the loss.
        float prior = -MathF.Log((1 - 0.01f) / 0.01f);
        for (int i = 0; i < levels.Count; i++)
        {
            boxes.Add(Branch(net, $"head.box{i}", levels[i], 4 * _boxes.Bins, 0));
            classes.Add(Branch(net, $"head.cls{i}", levels[i], _labels.Length, prior));
        }

        return (net.Concat(2, boxes), net.Concat(2, classes));
    }

    private static Value Branch(Net net, string name, Value x, int numbers, float bias)
    {
        using var scope = net.Scope(name);
        x = net.ConvNorm("conv1", x, (int)x.Size(1));
        x = net.Conv("predict", x, numbers, kernel: 1, initializer: WeightInitializer.Normal(0.01), bias: bias);
        return net.Reshape(x, numbers, -1);
    }
}
