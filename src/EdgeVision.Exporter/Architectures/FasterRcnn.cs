using EdgeVision.Exporter.Authoring;
using EdgeVision.Exporter.Heads;
using EdgeVision.Exporter.Layers;
using EdgeVision.Exporter.Training;
using EdgeVision.Specs;

namespace EdgeVision.Exporter.Architectures;

/// <summary>Two-stage detector (Ren et al. 2015) with a feature pyramid (Lin et al. 2017), as one graph.</summary>
/// <remarks>
/// Residual backbone, pyramid over strides 8, 16 and 32, region proposals from anchors, RoIAlign (He et al. 2017) on the level
/// that fits each proposal's size, and a box head of two fully connected layers. The number of proposals is known only at run
/// time. Outputs, with the rows of all items one after the other: <c>class_logits</c> [R,C+1] before the softmax, background
/// first; <c>box_deltas</c> [R,(C+1)*4] of torchvision's BoxCoder with weights 10, 10, 5, 5; <c>proposals</c> [R,4] in pixels
/// of the input; <c>batch_index</c> [R], the item of each row. <see cref="Architecture.Analyze"/> counts the box head for one
/// proposal.
/// </remarks>
public sealed class FasterRcnn : Architecture
{
    private const int Side = 7;
    private readonly ResidualBackbone _backbone;
    private readonly FeaturePyramid _pyramid;
    private readonly Proposals _proposals;
    private readonly PyramidRoiAlign _roiAlign;
    private readonly InputSpec _input;
    private readonly string[] _labels;
    private readonly string _name;
    private readonly int _features;

    /// <summary>Creates the detector with the given settings, or its defaults.</summary>
    public FasterRcnn(ModelSettings? settings = null)
    {
        settings ??= new ModelSettings();
        _name = settings.Name ?? Name;
        _input = DetectorSpec.CreateInput(settings);
        _labels = DetectorSpec.GetLabels(settings);
        _backbone = DetectorSpec.CreateBackbone(settings);
        _pyramid = new FeaturePyramid(settings.ScaleChannels(48));
        _features = settings.ScaleChannels(128);
        _proposals = new Proposals(Anchors, _input.Width, _input.Height);
        _roiAlign = new PyramidRoiAlign(Side, Anchors.Strides);
        Heads = [new FasterRcnnHead(_input, _labels.Length, Anchors, BoxStage)];
    }

    /// <summary>Anchors of the three levels: two sizes and three ratios at each location.</summary>
    public AnchorGenerator Anchors { get; } = new([8, 16, 32], [[18, 26], [36, 52], [72, 104]], [0.5f, 1f, 2f]);

    /// <inheritdoc/>
    public override string Name => "faster-rcnn";

    /// <inheritdoc/>
    public override string Description => "Two-stage detector: region proposals, RoIAlign, box head, in one graph";

    /// <inheritdoc/>
    public override IReadOnlyList<Head> Heads { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Stages => DetectorSpec.Stages;

    /// <inheritdoc/>
    public override IReadOnlyList<string> RowOutputs { get; } = ["class_logits", "box_deltas", "proposals", "batch_index"];

    /// <inheritdoc/>
    public override ModelSpec Spec => new()
    {
        Name = _name,
        Task = "detect",
        Input = _input,
        Outputs = [.. Heads.Select(h => h.Output)],
        Labels = _labels,
        Thresholds = new ThresholdSpec { Confidence = 0.5f, Iou = 0.5f, MaxDetections = 100 },
    };

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, Value Value)> Forward(Net net, Value image)
    {
        var (levels, objectness, deltas) = FirstStage(net, image);
        var rows = net.Apply("proposals", _proposals, objectness, deltas);
        var (logits, boxes) = BoxStage(net, levels, rows);
        return
        [
            ("class_logits", logits),
            ("box_deltas", boxes),
            ("proposals", net.Apply("proposal_boxes", new ColumnSlice(1, 4), rows)),
            ("batch_index", net.Reshape(net.Apply("proposal_items", new ColumnSlice(0, 1), rows))),
        ];
    }

    /// <summary>Returns the outputs of the first stage, from which the loss continues with the boxes that it samples.</summary>
    /// <remarks>
    /// <c>objectness</c> [N,A], <c>anchor_deltas</c> [N,A,4], <c>proposals</c> [R,5] and <c>level0</c> … [N,C,H,W].
    /// </remarks>
    public override IReadOnlyList<(string Name, Value Value)> TrainingForward(Net net, Value image)
    {
        var (levels, objectness, deltas) = FirstStage(net, image);
        return
        [
            ("objectness", objectness),
            ("anchor_deltas", deltas),
            ("proposals", net.Apply("proposals", _proposals, objectness, deltas)),
            .. levels.Select((level, i) => ($"level{i}", level)),
        ];
    }

    private (IReadOnlyList<Value> Levels, Value Objectness, Value Deltas) FirstStage(Net net, Value image)
    {
        var levels = _pyramid.Forward(net, [.. _backbone.Forward(net, image).Skip(1)]);
        var objectness = new List<Value>();
        var deltas = new List<Value>();
        foreach (var level in levels)
        {
            using var scope = net.Scope("head.rpn");
            var x = net.Relu(net.Conv("conv", level, (int)level.Size(1)));
            var score = net.Conv("objectness", x, Anchors.AnchorsPerLocation, kernel: 1, initializer: WeightInitializer.Normal(0.01));
            var delta = net.Conv("deltas", x, Anchors.AnchorsPerLocation * 4, kernel: 1, initializer: WeightInitializer.Normal(0.01));
            objectness.Add(net.Reshape(net.Permute(score, 0, 2, 3, 1), -1));
            deltas.Add(net.Reshape(net.Permute(delta, 0, 2, 3, 1), -1, 4));
        }

        return (levels, net.Concat(1, objectness), net.Concat(1, deltas));
    }

    private (Value ClassLogits, Value BoxDeltas) BoxStage(Net net, IReadOnlyList<Value> levels, Value rows)
    {
        using var scope = net.Scope("head.box");
        var x = net.Apply("roi_align", _roiAlign, [.. levels, rows]);
        x = net.Reshape(x, Side * Side * x.Size(1));
        for (int i = 1; i <= 2; i++)
        {
            // He et al. 2015, by fan-in: the first layer has far more inputs than outputs.
            x = net.Relu(net.Apply($"fc{i}", new Linear(_features) { WeightInitializer = WeightInitializer.Normal(Math.Sqrt(2.0 / x.Size(-1))) }, x));
        }

        return (
            net.Apply("classes", new Linear(_labels.Length + 1) { WeightInitializer = WeightInitializer.Normal(0.01) }, x),
            net.Apply("deltas", new Linear((_labels.Length + 1) * 4) { WeightInitializer = WeightInitializer.Normal(0.001) }, x));
    }
}
