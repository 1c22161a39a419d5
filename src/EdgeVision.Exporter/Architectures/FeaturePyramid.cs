using EdgeVision.Exporter.Authoring;
using EdgeVision.Exporter.Layers;

namespace EdgeVision.Exporter.Architectures;

/// <summary>
/// Feature pyramid network (Lin et al. 2017): each level adds a lateral 1x1 convolution to the upsampled coarser level.
/// </summary>
/// <param name="Channels">Channels of every level.</param>
public sealed record FeaturePyramid(int Channels)
{
    /// <summary>
    /// Returns the levels for backbone features ordered from fine to coarse, each half the size of the previous one.
    /// </summary>
    public IReadOnlyList<Value> Forward(Net net, IReadOnlyList<Value> features)
    {
        using var scope = net.Scope("fpn");
        var levels = new Value[features.Count];
        Value? above = null;
        for (int i = features.Count - 1; i >= 0; i--)
        {
            var lateral = net.Conv($"lateral{i}", features[i], Channels, kernel: 1);
            above = above is null ? lateral : net.Add(lateral, net.Upsample(above));
            levels[i] = net.Conv($"output{i}", above, Channels);
        }

        return levels;
    }
}
