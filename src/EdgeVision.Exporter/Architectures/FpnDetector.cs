using System.Text.Json;
using EdgeVision.Exporter.Authoring;
using EdgeVision.Exporter.Heads;
using EdgeVision.Exporter.Layers;
using EdgeVision.Exporter.Training;
using EdgeVision.Specs;

namespace EdgeVision.Exporter.Architectures;

/// <summary>One-stage detector with anchors, after RetinaNet (Lin et al. 2017).</summary>
/// <remarks>
/// Residual backbone, feature pyramid over strides 8, 16 and 32, and two heads shared by all levels that predict class logits
/// and box deltas for each of the K anchors per location. Outputs: <c>cls_logits</c> [N,A,C] before the sigmoid and
/// <c>bbox_regression</c> [N,A,4] as (dx, dy, dw, dh) of torchvision's BoxCoder with weights 1; anchors ordered by level, y, x,
/// anchor.
/// </remarks>
public sealed class FpnDetector : Architecture
{
    private readonly ResidualBackbone _backbone;
    private readonly FeaturePyramid _pyramid;
    private readonly string[] _labels;

    /// <summary>Creates a detector for the object classes of the settings.</summary>
    public FpnDetector(ModelSettings? settings = null)
    {
        settings ??= new ModelSettings();
        _labels = DetectorSpec.GetLabels(settings);
        _backbone = DetectorSpec.CreateBackbone(settings);
        _pyramid = new FeaturePyramid(settings.ScaleChannels(48));
        Anchors = new AnchorGenerator([8, 16, 32], SizesOf(settings), [0.5f, 1f, 2f]);
        Spec = new ModelSpec
        {
            Name = settings.Name ?? Name,
            Task = "detect",
            Input = DetectorSpec.CreateInput(settings),
            Outputs = [Output(Anchors, "detect")],
            Labels = _labels,
            Thresholds = new ThresholdSpec { Confidence = 0.5f, Iou = 0.5f, MaxDetections = 100 },
        };
        Heads = [new RetinaNetHead(Spec.Outputs[0], Spec.Input, Anchors, _labels.Length)];
    }

    /// <summary>Anchors of the three levels: two sizes and three ratios at each location.</summary>
    public AnchorGenerator Anchors { get; }

    /// <inheritdoc/>
    public override string Name => "retinanet";

    /// <inheritdoc/>
    public override string Description => "One-stage FPN detector with anchors and focal loss, shared heads";

    /// <inheritdoc/>
    public override ModelSpec Spec { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<Head> Heads { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Stages => DetectorSpec.Stages;

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, Value Value)> Forward(Net net, Value image)
    {
        var features = _backbone.Forward(net, image);
        var levels = _pyramid.Forward(net, [.. features.Skip(1)]);
        return Predict(net, levels, Anchors.AnchorsPerLocation, _labels.Length);
    }

    /// <summary>Returns the spec of the two outputs for the runtime.</summary>
    internal static OutputSpec Output(AnchorGenerator anchors, string head) => new()
    {
        Head = head,
        Decoder = "retinanet-anchors",
        Tensors = ["cls_logits", "bbox_regression"],
        Parameters = new Dictionary<string, JsonElement>
        {
            ["strides"] = JsonSerializer.SerializeToElement(anchors.Strides),
            ["sizes"] = JsonSerializer.SerializeToElement(anchors.Sizes),
            ["ratios"] = JsonSerializer.SerializeToElement(anchors.Ratios),
            ["topk"] = JsonSerializer.SerializeToElement(1000),
        },
    };

    /// <summary>Applies the two heads to all levels.</summary>
    internal static IReadOnlyList<(string Name, Value Value)> Predict(Net net, IReadOnlyList<Value> levels, int anchors, int classes)
    {
        // A bias of -log((1 - p) / p) gives every score the initial value p = 0.01, so that background does not dominate the
        // loss.
        float prior = -MathF.Log((1 - 0.01f) / 0.01f);
        var scores = new List<Value>();
        var boxes = new List<Value>();
        foreach (var level in levels)
        {
            scores.Add(Head(net, "cls", level, anchors, classes, prior));
            boxes.Add(Head(net, "box", level, anchors, 4, 0));
        }

        return [("cls_logits", net.Concat(1, scores)), ("bbox_regression", net.Concat(1, boxes))];
    }

    // Option anchors: sizes in pixels from fine to coarse, two per level.
    private static float[][] SizesOf(ModelSettings settings)
    {
        float[] sizes = [.. settings.GetOption("anchors", "18,26,36,52,72,104").Split(',')
            .Select(s => float.Parse(s, System.Globalization.CultureInfo.InvariantCulture))];
        return sizes.Length == 6
            ? [sizes[..2], sizes[2..4], sizes[4..]]
            : throw new EdgeVisionException(
                $"Option 'anchors' must be six sizes in pixels, two per level from fine to coarse; got {sizes.Length}");
    }

    private static Value Head(Net net, string name, Value x, int anchors, int numbers, float bias)
    {
        using var scope = net.Scope($"head.{name}");
        x = net.Relu(net.Conv("conv1", x, (int)x.Size(1)));
        x = net.Conv("predict", x, anchors * numbers, initializer: WeightInitializer.Normal(0.01), bias: bias);
        return net.Reshape(net.Permute(x, 0, 2, 3, 1), -1, numbers);
    }
}
