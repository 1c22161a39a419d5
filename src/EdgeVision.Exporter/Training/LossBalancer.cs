using EdgeVision.Exporter.Authoring;
using TorchSharp;

namespace EdgeVision.Exporter.Training;

/// <summary>Combines the losses of several heads into one: fixed, uncertainty or dwa.</summary>
/// <remarks>
/// fixed: the sum weighted by the config. uncertainty: each loss times exp(-s) plus s, with one trained number s per head
/// (Kendall et al. 2018, with s = log of the variance, without the factors of one half). dwa: dynamic weight average (Liu et
/// al. 2019): weights from the ratio of each head's losses of the last two epochs, with temperature 2; they sum to the number
/// of heads. The config's weights apply in addition to each scheme.
/// </remarks>
public sealed class LossBalancer
{
    private const double Temperature = 2;
    private readonly OptimizationConfig _config;
    private readonly WeightStore _weights;
    private double[]? _dynamic;

    /// <summary>Creates the scheme of the config; trained numbers are stored under <c>loss.uncertainty</c>.</summary>
    public LossBalancer(OptimizationConfig config, WeightStore weights, IReadOnlyList<string> heads)
    {
        _config = config;
        _weights = weights;
        Heads = heads;
        if (config.Balance == "uncertainty")
        {
            foreach (string head in heads)
            {
                weights.Add($"loss.uncertainty.{head}", new WeightSpec("", [1], WeightInitializer.Constant(0)));
            }
        }
    }

    /// <summary>Gets the names of the heads in order.</summary>
    public IReadOnlyList<string> Heads { get; }

    /// <summary>Gets the current weights of the heads, including the config's.</summary>
    public IReadOnlyList<double> CurrentWeights => [.. Heads.Select((h, i) => Fixed(h) * _config.Balance switch
    {
        "uncertainty" => Math.Exp(-_weights[$"loss.uncertainty.{h}"].item<float>()),
        "dwa" => _dynamic?[i] ?? 1,
        _ => 1,
    })];

    /// <summary>Prepares an epoch from the mean losses of the previous epochs, oldest first.</summary>
    public void BeginEpoch(IReadOnlyList<IReadOnlyDictionary<string, double>> history)
    {
        _dynamic = null;
        if (_config.Balance != "dwa" || history.Count < 2)
        {
            return;
        }

        var (last, before) = (history[^1], history[^2]);
        double[] speed = [.. Heads.Select(h => last[h] / Math.Max(before[h], 1e-12))];
        double[] share = [.. speed.Select(s => Math.Exp(s / Temperature))];
        double sum = share.Sum();
        _dynamic = [.. share.Select(s => Heads.Count * s / sum)];
    }

    /// <summary>Combines the losses of the heads, in the order of <see cref="Heads"/>.</summary>
    public torch.Tensor Combine(IReadOnlyList<torch.Tensor> losses)
    {
        torch.Tensor? total = null;
        for (int i = 0; i < Heads.Count; i++)
        {
            var loss = losses[i] * Fixed(Heads[i]);
            if (_config.Balance == "uncertainty")
            {
                var s = _weights[$"loss.uncertainty.{Heads[i]}"];
                loss = loss * (-s).exp().squeeze() + s.squeeze();
            }
            else if (_dynamic is not null)
            {
                loss = loss * _dynamic[i];
            }

            total = total is null ? loss : total + loss;
        }

        return total!;
    }

    private double Fixed(string head) => _config.Losses.GetValueOrDefault(head, 1);
}
