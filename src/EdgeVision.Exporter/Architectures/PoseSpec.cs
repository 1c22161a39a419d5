using System.Text.Json;
using EdgeVision.Exporter.Authoring;
using EdgeVision.Exporter.Heads;
using EdgeVision.Exporter.Layers;
using EdgeVision.Exporter.Training;
using EdgeVision.Specs;

namespace EdgeVision.Exporter.Architectures;

/// <summary>Parts that the pose networks share: they predict the keypoints of one figure that fills their input.</summary>
internal static class PoseSpec
{
    // Stride 16 after the last of these.
    public static readonly (int Channels, int Blocks)[] Stages = [(32, 1), (64, 2), (96, 2)];

    /// <summary>Creates a backbone of the first stages.</summary>
    public static ResidualBackbone CreateBackbone(params (int Channels, int Blocks)[] stages) => new(24, stages);

    /// <summary>Returns the prefixes of the weights' names for freezing and transfer.</summary>
    public static string[] GetStageNames(ResidualBackbone backbone) =>
        ["backbone.stem", .. backbone.Stages.Select((_, i) => $"backbone.stage{i + 1}"), "head"];

    public static string[] GetKeypoints(ModelSettings settings) =>
        [.. settings.Labels is { Keypoints.Count: > 0 } l ? l.Keypoints : DefaultLabels.Keypoints];

    public static ModelSpec CreateSpec(ModelSettings settings, string name, string decoder, string[] tensors,
        Dictionary<string, JsonElement> parameters) => new()
    {
        Name = settings.Name ?? name,
        Task = "pose",
        Input = InputSpecs.CreateImageNetInput(settings, 96, 128),
        Outputs = [new OutputSpec { Head = "pose", Decoder = decoder, Tensors = tensors, Parameters = parameters }],
        Labels = ["figure"],
        Skeleton = settings.Labels is { Skeleton.Count: > 0 } l ? [.. l.Skeleton.Select(p => new[] { p.From, p.To })] : null,
        Thresholds = new ThresholdSpec { Confidence = 0.1f },
    };
}

/// <summary>Pose network with heatmaps by deconvolution, after Simple Baselines (Xiao et al. 2018).</summary>
/// <remarks>
/// A residual backbone to stride 32 and three transposed convolutions back to stride 4, one map per keypoint [N, K, H/4, W/4].
/// Option <c>refinement</c>: plain, dark or udp.
/// </remarks>
public sealed class HeatmapPose : Architecture
{
    private static readonly ResidualBackbone Backbone = PoseSpec.CreateBackbone([.. PoseSpec.Stages, (128, 1)]);

    private readonly string[] _keypoints;
    private readonly int _channels;

    /// <summary>Creates a pose network for the keypoints of the settings.</summary>
    public HeatmapPose(ModelSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        _keypoints = PoseSpec.GetKeypoints(settings);
        _channels = settings.ScaleChannels(64);
        string refinement = settings.GetOption("refinement", "dark");
        if (refinement is not ("plain" or "dark" or "udp"))
        {
            throw new EdgeVisionException($"Option 'refinement' must be plain, dark or udp; got '{refinement}'");
        }

        Spec = PoseSpec.CreateSpec(settings, Name, "heatmap", ["heatmaps"],
            new Dictionary<string, JsonElement> { ["refinement"] = JsonSerializer.SerializeToElement(refinement) });
        if (Spec.Input.Width % 32 != 0 || Spec.Input.Height % 32 != 0)
        {
            throw new EdgeVisionException("Both sides of the input must be multiples of 32, so that the heatmaps have "
                + $"a quarter of its size; got {Spec.Input.Width}x{Spec.Input.Height}");
        }

        Heads = [new HeatmapHead(Spec.Outputs[0], _keypoints, Spec.Input, udp: refinement == "udp")];
    }

    /// <inheritdoc/>
    public override string Name => "heatmap-pose";

    /// <inheritdoc/>
    public override string Description => "Top-down pose: residual backbone, deconvolutions, heatmaps (plain, DARK or UDP)";

    /// <inheritdoc/>
    public override ModelSpec Spec { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<Head> Heads { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Stages { get; } = PoseSpec.GetStageNames(Backbone);

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, Value Value)> Forward(Net net, Value image)
    {
        ArgumentNullException.ThrowIfNull(net);
        var x = Backbone.Forward(net, image)[^1];
        for (int i = 1; i <= 3; i++)
        {
            x = net.DeconvNorm($"head.deconv{i}", x, _channels);
        }

        return [("heatmaps", net.Conv("head.predict", x, _keypoints.Length, kernel: 1, initializer: WeightInitializer.Normal(0.001)))];
    }
}

/// <summary>
/// Pose network after SimCC (Li et al. 2022): each keypoint's x and y are classified over bins of half a pixel.
/// </summary>
/// <remarks>Outputs <c>simcc_x</c> [N, K, 2W] and <c>simcc_y</c> [N, K, 2H], logits.</remarks>
public sealed class SimccPose : Architecture
{
    /// <summary>Bins per pixel.</summary>
    public const int SplitRatio = 2;

    // Stride 16: enough cells to locate keypoints, and few enough for the linear layers.
    private static readonly ResidualBackbone Backbone = PoseSpec.CreateBackbone(PoseSpec.Stages);

    private readonly string[] _keypoints;

    /// <summary>Creates a pose network for the keypoints of the settings.</summary>
    public SimccPose(ModelSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        _keypoints = PoseSpec.GetKeypoints(settings);
        Spec = PoseSpec.CreateSpec(settings, Name, "simcc", ["simcc_x", "simcc_y"], new Dictionary<string, JsonElement>
        {
            ["splitRatio"] = JsonSerializer.SerializeToElement((float)SplitRatio),
            ["softmax"] = JsonSerializer.SerializeToElement(true),
            // The training targets are Gaussians; their maximum corresponds to a score of 1.
            ["peak"] = JsonSerializer.SerializeToElement(1 / (SimccHead.Sigma * MathF.Sqrt(2 * MathF.PI))),
        });
        Heads = [new SimccHead(Spec.Outputs[0], _keypoints, Spec.Input)];
    }

    /// <inheritdoc/>
    public override string Name => "simcc-pose";

    /// <inheritdoc/>
    public override string Description => "Top-down pose by SimCC: columns and rows as classes";

    /// <inheritdoc/>
    public override ModelSpec Spec { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<Head> Heads { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<string> Stages { get; } = PoseSpec.GetStageNames(Backbone);

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, Value Value)> Forward(Net net, Value image)
    {
        ArgumentNullException.ThrowIfNull(net);
        var x = Backbone.Forward(net, image)[^1];
        x = net.Conv("head.maps", x, _keypoints.Length * 2, kernel: 1);
        x = net.Reshape(x, _keypoints.Length, 2 * x.Size(2) * x.Size(3));
        x = net.Relu(net.Linear("head.hidden", x, 192));
        return
        [
            ("simcc_x", net.Linear("head.x", x, Spec.Input.Width * SplitRatio, WeightInitializer.Normal(0.01))),
            ("simcc_y", net.Linear("head.y", x, Spec.Input.Height * SplitRatio, WeightInitializer.Normal(0.01))),
        ];
    }
}
