using EdgeVision.Exporter.Authoring;
using TorchSharp;

namespace EdgeVision.Exporter.Training;

/// <summary>AdamW optimizer (Loshchilov and Hutter 2019) over a weight store.</summary>
/// <remarks>
/// Its moments are stored by weight name, so that a checkpoint is one safetensors file; TorchSharp's optimizers use a format of
/// their own. Weights with one axis (biases, BatchNorm) have no weight decay.
/// </remarks>
public sealed class AdamW(WeightStore weights, double weightDecay = 0.02) : IDisposable
{
    private const double Beta1 = 0.9, Beta2 = 0.999, Epsilon = 1e-8;
    private readonly Dictionary<string, (torch.Tensor First, torch.Tensor Second)> _moments = [];

    /// <summary>Gets the number of steps taken.</summary>
    public long Steps { get; private set; }

    /// <summary>Returns the factor on the learning rate of a weight by its name; 1 by default.</summary>
    public Func<string, double> GetRateFactor { get; init; } = _ => 1;

    /// <summary>Clears the gradients.</summary>
    public void ZeroGradients()
    {
        foreach (var (_, weight) in weights.TrainableWeights)
        {
            weight.grad?.zero_();
        }
    }

    /// <summary>
    /// Takes a step along the gradients, after clipping their norm over all weights to <paramref name="maxNorm"/>.
    /// </summary>
    /// <returns>The norm before clipping.</returns>
    public double Step(double learningRate, double maxNorm = 5)
    {
        using var scope = torch.NewDisposeScope();
        using var noGradient = torch.no_grad();
        var trained = weights.TrainableWeights.Where(w => w.Tensor.requires_grad && w.Tensor.grad is not null).ToArray();
        double norm = trained.Length == 0 ? 0 : torch.stack(trained.Select(w => w.Tensor.grad!.norm())).norm().ToDouble();
        double cut = norm > maxNorm ? maxNorm / norm : 1;
        Steps++;
        double correction1 = 1 - Math.Pow(Beta1, Steps), correction2 = 1 - Math.Pow(Beta2, Steps);
        foreach (var (name, weight) in trained)
        {
            double rate = learningRate * GetRateFactor(name);
            var (first, second) = Moments(name, weight);
            var gradient = cut < 1 ? weight.grad! * cut : weight.grad!;
            first.mul_(Beta1).add_(gradient, 1 - Beta1);
            second.mul_(Beta2).addcmul_(gradient, gradient, 1 - Beta2);
            if (weight.dim() > 1)
            {
                weight.mul_(1 - rate * weightDecay);
            }

            var denominator = (second / correction2).sqrt_().add_(Epsilon);
            weight.addcdiv_(first, denominator, -rate / correction1);
        }

        return norm;
    }

    /// <summary>Returns the moments as tensors of a checkpoint.</summary>
    public IEnumerable<KeyValuePair<string, SafeTensor>> Snapshot() => _moments.SelectMany(m => new[]
    {
        KeyValuePair.Create($"adam.first/{m.Key}", SafeTensor.FromFloats(OnnxNet.ToFloats(m.Value.First), m.Value.First.shape)),
        KeyValuePair.Create($"adam.second/{m.Key}", SafeTensor.FromFloats(OnnxNet.ToFloats(m.Value.Second), m.Value.Second.shape)),
    });

    /// <summary>Restores the moments from a checkpoint.</summary>
    public void Load(IReadOnlyDictionary<string, SafeTensor> tensors, long steps)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        Steps = steps;
        foreach (var (name, weight) in weights.TrainableWeights)
        {
            if (tensors.TryGetValue($"adam.first/{name}", out var first) && tensors.TryGetValue($"adam.second/{name}", out var second))
            {
                var (a, b) = Moments(name, weight);
                using var firstValues = torch.tensor(first.ToFloats(), first.Shape);
                using var secondValues = torch.tensor(second.ToFloats(), second.Shape);
                a.copy_(firstValues);
                b.copy_(secondValues);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (first, second) in _moments.Values)
        {
            first.Dispose();
            second.Dispose();
        }

        _moments.Clear();
    }

    private (torch.Tensor First, torch.Tensor Second) Moments(string name, torch.Tensor weight)
    {
        if (!_moments.TryGetValue(name, out var moments))
        {
            moments = (torch.zeros(weight.shape), torch.zeros(weight.shape));
            moments.First.DetachFromDisposeScope();
            moments.Second.DetachFromDisposeScope();
            _moments[name] = moments;
        }

        return moments;
    }
}
