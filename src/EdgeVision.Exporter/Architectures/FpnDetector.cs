using System.Text.Json;
using EdgeVision.Exporter.Authoring;
using EdgeVision.Exporter.Data;
using EdgeVision.Exporter.Layers;
using EdgeVision.Exporter.Training;

namespace EdgeVision.Exporter.Architectures;

/// <summary>
/// One-stage detector with anchors in the manner of RetinaNet (Lin et al. 2017): residual backbone, feature pyramid over
/// strides 8, 16 and 32, and two heads shared by the levels that give each of K anchors a location its class logits and
/// box deltas.
/// </summary>
/// <remarks>
/// Outputs: <c>cls_logits</c> [N,A,C] before the sigmoid and <c>bbox_regression</c> [N,A,4] as (dx, dy, dw, dh) of
/// torchvision's BoxCoder with weights 1; anchors ordered by level, y, x, anchor.
/// </remarks>
public sealed class FpnDetector : Architecture
{
    private static readonly ResidualBackbone Backbone = new(16, (24, 1), (48, 2), (80, 2), (96, 1));
    private static readonly FeaturePyramid Pyramid = new(48);

    /// <summary>Anchors of the three levels: two sizes and three ratios at each location.</summary>
    public AnchorGenerator Anchors { get; } = new([8, 16, 32], [[18, 26], [36, 52], [72, 104]], [0.5f, 1f, 2f]);

    /// <inheritdoc/>
    public override string Name => "fpn-detector";

    /// <inheritdoc/>
    public override string Description => "One-stage FPN detector with anchors, residual backbone, shared heads";

    /// <inheritdoc/>
    public override ModelSpec Spec => new()
    {
        Name = "shapes-fpn",
        Task = "detect",
        // Not square, so that a swap of x and y anywhere shows.
        Input = new InputSpec
        {
            Name = "images",
            Width = 192,
            Height = 160,
            Resize = new ResizeSpec { Mode = ResizeMode.Letterbox },
            Mean = [0.485f, 0.456f, 0.406f],
            Std = [0.229f, 0.224f, 0.225f],
        },
        Outputs =
        [
            new OutputSpec
            {
                Decoder = "retinanet-anchors",
                Tensors = ["cls_logits", "bbox_regression"],
                Parameters = new Dictionary<string, JsonElement>
                {
                    ["strides"] = JsonSerializer.SerializeToElement(Anchors.Strides),
                    ["sizes"] = JsonSerializer.SerializeToElement(Anchors.Sizes),
                    ["ratios"] = JsonSerializer.SerializeToElement(Anchors.Ratios),
                    ["topk"] = JsonSerializer.SerializeToElement(1000),
                },
            },
        ],
        Labels = [.. DrawnScenes.Labels],
        // Where precision (0.93) and recall (0.94) meet on scenes that neither training nor the card's figures use.
        Thresholds = new ThresholdSpec { Confidence = 0.5f, Iou = 0.5f, MaxDetections = 100 },
    };

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, Value Value)> Forward(Net net, Value image)
    {
        int classes = DrawnScenes.Labels.Count;
        int anchors = Anchors.PerLocation;
        var features = Backbone.Forward(net, image);
        var levels = Pyramid.Forward(net, [.. features.Skip(1)]);

        // A bias of -log((1 - p) / p) makes every score p = 0.01 at first, so that background does not swamp the loss.
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

    private static Value Head(Net net, string name, Value x, int anchors, int numbers, float bias)
    {
        using var scope = net.Scope($"head.{name}");
        x = net.Relu(net.Conv("conv1", x, (int)x.Size(1)));
        x = net.Conv("predict", x, anchors * numbers, start: WeightStart.Normal(0.01), bias: bias);
        return net.Reshape(net.Permute(x, 0, 2, 3, 1), -1, numbers);
    }
}
