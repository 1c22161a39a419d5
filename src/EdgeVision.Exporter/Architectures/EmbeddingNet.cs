using EdgeVision.Exporter.Authoring;
using EdgeVision.Exporter.Heads;
using EdgeVision.Exporter.Layers;
using EdgeVision.Exporter.Losses;
using EdgeVision.Exporter.Training;
using EdgeVision.Specs;

namespace EdgeVision.Exporter.Architectures;

/// <summary>Network for metric learning; output <c>embedding</c> [N, D] of unit length.</summary>
/// <remarks>
/// Residual backbone, pooled features and one linear layer. Options: <c>loss</c> (contrastive, triplet or arcface),
/// <c>mining</c> (hard, semi-hard, easy or all) and <c>margin</c>.
/// </remarks>
public sealed class EmbeddingNet : Architecture
{
    private static readonly ResidualBackbone Backbone = new(24, (32, 1), (64, 2), (96, 2), (160, 1));
    private readonly int _dimension;

    /// <summary>Creates an embedder with 64 dimensions unless the settings say otherwise.</summary>
    public EmbeddingNet(ModelSettings settings)
    {
        ArgumentNullException.ThrowIfNull(settings);
        _dimension = settings.EmbeddingDimension > 0 ? settings.EmbeddingDimension : 64;
        Spec = new ModelSpec
        {
            Name = settings.Name ?? Name,
            Task = "embed",
            Input = InputSpecs.CreateImageNetInput(settings, 64, 64) with { Resize = new ResizeSpec { Mode = ResizeMode.Stretch } },
            Outputs = [new OutputSpec { Head = "embed", Decoder = "embedding", Tensors = ["embedding"] }],
        };
        Heads = [new EmbeddingHead(Spec.Outputs[0], MetricLoss.Parse(settings), _dimension)];
    }

    /// <inheritdoc/>
    public override string Name => "embedding";

    /// <inheritdoc/>
    public override string Description => "Metric learning: L2-normalised embedding; contrastive, triplet or ArcFace";

    /// <inheritdoc/>
    public override ModelSpec Spec { get; }

    /// <inheritdoc/>
    public override IReadOnlyList<Head> Heads { get; }

    /// <inheritdoc/>
    public override bool SupportsDynamicSize => true;

    /// <inheritdoc/>
    public override IReadOnlyList<string> Stages { get; } = PoseSpec.GetStageNames(Backbone);

    /// <inheritdoc/>
    public override IReadOnlyList<(string Name, Value Value)> Forward(Net net, Value image)
    {
        ArgumentNullException.ThrowIfNull(net);
        var x = net.GlobalPool(Backbone.Forward(net, image)[^1]);
        x = net.Apply("head.norm", new BatchNorm(), net.Linear("head.fc", x, _dimension));
        return [("embedding", net.Apply("head.unit", new L2Normalize(), x))];
    }
}
