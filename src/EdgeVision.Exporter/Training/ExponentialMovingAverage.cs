using EdgeVision.Exporter.Authoring;
using TorchSharp;

namespace EdgeVision.Exporter.Training;

/// <summary>Exponential moving average of all weights, including running statistics.</summary>
/// <remarks>
/// The kept share grows from a tenth to its full value over the first steps ((1 + t) / (10 + t), as in TensorFlow), so that
/// initial weights do not dominate short runs.
/// </remarks>
public sealed class ExponentialMovingAverage(WeightStore weights, double keep) : IDisposable
{
    private readonly Dictionary<string, torch.Tensor> _average = [];

    /// <summary>Updates the averages with the weights of a finished step.</summary>
    public void Update(long step)
    {
        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        double share = Math.Min(keep, (1.0 + step) / (10 + step));
        foreach (string name in weights.Names)
        {
            var weight = weights[name];
            if (_average.TryGetValue(name, out var average))
            {
                average.mul_(share).add_(weight, 1 - share);
            }
            else
            {
                _average[name] = weight.detach().clone().DetachFromDisposeScope();
            }
        }
    }

    /// <summary>Swaps the averages into the store until the result is disposed; no training step may run meanwhile.</summary>
    public IDisposable UseAverages()
    {
        Swap();
        return new SwapScope(this);
    }

    /// <summary>Returns the averages as tensors of a checkpoint.</summary>
    public IEnumerable<KeyValuePair<string, SafeTensor>> Snapshot() =>
        _average.Select(a => KeyValuePair.Create($"ema/{a.Key}", SafeTensor.FromFloats(OnnxNet.ToFloats(a.Value), a.Value.shape)));

    /// <summary>Restores the averages from a checkpoint.</summary>
    public void Load(IReadOnlyDictionary<string, SafeTensor> tensors)
    {
        foreach (string name in weights.Names)
        {
            if (tensors.TryGetValue($"ema/{name}", out var tensor))
            {
                _average[name] = torch.tensor(tensor.ToFloats(), tensor.Shape).DetachFromDisposeScope();
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var tensor in _average.Values)
        {
            tensor.Dispose();
        }

        _average.Clear();
    }

    private void Swap()
    {
        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        foreach (var (name, average) in _average)
        {
            var kept = average.clone();
            average.copy_(weights[name]);
            weights[name].copy_(kept);
        }
    }

    private sealed class SwapScope(ExponentialMovingAverage average) : IDisposable
    {
        public void Dispose() => average.Swap();
    }
}
