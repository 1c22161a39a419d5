using EdgeVision.Exporter.Authoring;
using TorchSharp;

namespace EdgeVision.Exporter.Training;

/// <summary>
/// How the losses of several heads become one. fixed: the sum by weights of the config. uncertainty: each loss times
/// exp(-s) plus s, s a trained number a head (Kendall et al. 2018, with s = log of the variance, halves left out). dwa: dynamic
/// weight average (Liu et al. 2019): weights from how fast each head's loss fell over the last two epochs, temperature 2;
/// they sum to the number of heads. The config's weights apply on top of each scheme.
/// </summary>
public sealed class LossBalance
{
    private const double Temperature = 2;
    private readonly OptimizationConfig _config;
    private readonly WeightStore _weights;
    private double[]? _dynamic;

    /// <summary>Starts a scheme; trained numbers are kept in the store under <c>loss.uncertainty</c>.</summary>
    public LossBalance(OptimizationConfig config, WeightStore weights, IReadOnlyList<string> heads)
    {
        _config = config;
        _weights = weights;
        Heads = heads;
        if (config.Balance == "uncertainty")
        {
            foreach (string head in heads)
            {
                weights.Add($"loss.uncertainty.{head}", new WeightSpec("", [1], WeightStart.Constant(0)));
            }
        }
    }

    /// <summary>Heads in order.</summary>
    public IReadOnlyList<string> Heads { get; }

    /// <summary>Weights of the heads as they are now, the config's included.</summary>
    public IReadOnlyList<double> Current => [.. Heads.Select((h, i) => Fixed(h) * _config.Balance switch
    {
        "uncertainty" => Math.Exp(-_weights[$"loss.uncertainty.{h}"].item<float>()),
        "dwa" => _dynamic?[i] ?? 1,
        _ => 1,
    })];

    /// <summary>Before an epoch: takes the heads' mean losses of the epochs so far, oldest first.</summary>
    public void Begin(IReadOnlyList<IReadOnlyDictionary<string, double>> history)
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

    /// <summary>One loss of the heads' losses, in the order of <see cref="Heads"/>.</summary>
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
