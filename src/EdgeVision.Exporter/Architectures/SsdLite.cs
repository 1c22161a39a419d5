using EdgeVision.Exporter.Authoring;
using EdgeVision.Exporter.Heads;
using EdgeVision.Exporter.Layers;
using EdgeVision.Exporter.Training;
using EdgeVision.Specs;

namespace EdgeVision.Exporter.Architectures;

/// <summary>SSD (Liu et al. 2016) with depthwise-separable prediction layers over a feature pyramid.</summary>
/// <remarks>
/// The prediction layers are those of MobileNetV2's SSDLite (Sandler et al. 2018). Residual backbone, levels of strides 8, 16
/// and 32, and one more of stride 64. Outputs: <c>cls_logits</c> [N,A,C+1] before the softmax, background first, and
/// <c>bbox_regression</c> [N,A,4] of the default boxes with variances 0.1 and 0.2; ordered by level, y, x, box.
/// </remarks>
public sealed class SsdLite : Architecture
{
    private readonly ResidualBackbone _backbone;
    private readonly FeaturePyramid _pyramid;
    private readonly InputSpec _input;
    private readonly string[] _labels;
    private readonly string _name;

    /// <summary>Creates the detector with the given settings, or its defaults.</summary>
    public SsdLite(ModelSettings? settings = null)
    {
        settings ??= new ModelSettings();
        _name = settings.Name ?? Name;
        _input = DetectorSpec.CreateInput(settings);
        _labels = DetectorSpec.GetLabels(settings);
        _backbone = DetectorSpec.CreateBackbone(settings);
        _pyramid = new FeaturePyramid(settings.ScaleChannels(48));

        // Two scales on the finest level: with them 2 % of 4,000 objects on drawn shelves overlap no default box by 0.5, with
        // one scale 6 %.
        Boxes = new DefaultBoxes(_input.Width, _input.Height, [8, 8, 16, 32, 64], [0.1f, 0.15f, 0.28f, 0.5f, 0.75f, 1],
            [[2], [2, 3.5f], [2, 3], [2, 3], [2]]);
        Heads = [new SsdHead(_input, _labels.Length, Boxes)];
    }

    /// <summary>Default boxes: two sets on stride 8, one each on 16, 32 and 64.</summary>
    public DefaultBoxes Boxes { get; }

    /// <inheritdoc/>
    public override string Name => "ssdlite";

    /// <inheritdoc/>
    public override string Description => "SSD with depthwise-separable prediction layers, residual backbone, FPN";

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
        Thresholds = new ThresholdSpec { Confidence = 0.4f, Iou = 0.5f, MaxDetections = 100 },
    };

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, Value Value)> Forward(Net net, Value image)
    {
        List<Value> levels = [.. _pyramid.Forward(net, [.. _backbone.Forward(net, image).Skip(1)])];
        levels.Add(net.ConvNorm("fpn.extra", levels[^1], (int)levels[^1].Size(1), stride: 2));
        var scores = new List<Value>();
        var boxes = new List<Value>();
        for (int i = 0; i < Boxes.Strides.Length; i++)
        {
            var level = levels[int.Log2(Boxes.Strides[i] / Boxes.Strides[0])];
            scores.Add(Predict(net, $"head.cls{i}", level, Boxes.GetBoxesPerLocation(i), _labels.Length + 1));
            boxes.Add(Predict(net, $"head.box{i}", level, Boxes.GetBoxesPerLocation(i), 4));
        }

        return [("cls_logits", net.Concat(1, scores)), ("bbox_regression", net.Concat(1, boxes))];
    }

    private static Value Predict(Net net, string name, Value x, int boxes, int numbers)
    {
        using var scope = net.Scope(name);
        int channels = (int)x.Size(1);
        x = net.ConvNorm("depthwise", x, channels, groups: channels);
        x = net.Conv("predict", x, boxes * numbers, kernel: 1, initializer: WeightInitializer.Normal(0.03));
        return net.Reshape(net.Permute(x, 0, 2, 3, 1), -1, numbers);
    }
}
