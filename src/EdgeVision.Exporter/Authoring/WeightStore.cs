using TorchSharp;

namespace EdgeVision.Exporter.Authoring;

/// <summary>Weights of a model by name, created in the order in which a description is first applied.</summary>
/// <param name="seed">Seed of the store's own generator, so that weights do not depend on other random numbers.</param>
public sealed class WeightStore(int seed) : IDisposable
{
    private readonly torch.Generator _random = new((ulong)(uint)seed);
    private readonly Dictionary<string, (torch.Tensor Tensor, bool Trained)> _weights = [];
    private readonly List<string> _order = [];

    /// <summary>Gets the names in the order of creation.</summary>
    public IReadOnlyList<string> Names => _order;

    /// <summary>Gets the weight with the given name.</summary>
    /// <exception cref="KeyNotFoundException">No weight has that name.</exception>
    public torch.Tensor this[string name] => _weights[name].Tensor;

    /// <summary>Gets the trained weights in the order of creation.</summary>
    public IEnumerable<(string Name, torch.Tensor Tensor)> TrainableWeights =>
        _order.Where(n => _weights[n].Trained).Select(n => (n, _weights[n].Tensor));

    /// <summary>Gets the number of trained parameters.</summary>
    public long ParameterCount => TrainableWeights.Sum(w => w.Tensor.numel());

    /// <summary>Copies values into the weights of the same names; every weight must be present with its shape.</summary>
    /// <exception cref="InvalidDataException">A weight is missing or has another shape.</exception>
    public void Load(IReadOnlyDictionary<string, SafeTensor> tensors)
    {
        ArgumentNullException.ThrowIfNull(tensors);
        using var noGradient = torch.no_grad();
        foreach (string name in _order)
        {
            var target = _weights[name].Tensor;
            if (!tensors.TryGetValue(name, out var source))
            {
                throw new InvalidDataException($"Checkpoint has no weight '{name}'; it belongs to another architecture");
            }

            if (!source.Shape.AsSpan().SequenceEqual(target.shape))
            {
                throw new InvalidDataException($"Weight '{name}' must have shape {Value.FormatShape(target.shape)}; "
                    + $"got {Value.FormatShape(source.Shape)} in the checkpoint");
            }

            using var values = torch.tensor(source.ToFloats(), source.Shape);
            target.copy_(values);
        }
    }

    /// <summary>
    /// Returns whether a weight belongs to a stage: its name equals the prefix, or begins with the prefix and a dot.
    /// </summary>
    public static bool HasStagePrefix(string name, string prefix)
    {
        ArgumentNullException.ThrowIfNull(name);
        ArgumentNullException.ThrowIfNull(prefix);
        return prefix.Length == 0 || name.StartsWith(prefix, StringComparison.Ordinal)
            && (name.Length == prefix.Length || name[prefix.Length] == '.');
    }

    /// <summary>Adds a weight that belongs to no layer, such as one of a loss, or returns the existing one.</summary>
    public torch.Tensor Add(string name, WeightSpec spec) => Resolve(name, spec);

    /// <summary>Overwrites a weight with as many values as it has elements.</summary>
    public void Set(string name, float[] values)
    {
        using var noGradient = torch.no_grad();
        var target = _weights[name].Tensor;
        using var source = torch.tensor(values, target.shape);
        target.copy_(source);
    }

    /// <summary>Enables or disables gradients of a weight; running statistics never have any.</summary>
    public void SetFrozen(string name, bool frozen) => _weights[name].Tensor.requires_grad = _weights[name].Trained && !frozen;

    /// <summary>Copies the current weights.</summary>
    public Dictionary<string, SafeTensor> Snapshot() =>
        _order.ToDictionary(n => n, n => SafeTensor.FromFloats(OnnxNet.ToFloats(_weights[n].Tensor), _weights[n].Tensor.shape));

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var (tensor, _) in _weights.Values)
        {
            tensor.Dispose();
        }

        _weights.Clear();
        _order.Clear();
        _random.Dispose();
    }

    internal torch.Tensor[] Resolve(string layerName, Layer layer, IReadOnlyList<long[]> inputs)
    {
        var specs = layer.GetWeights(inputs);
        return specs.Count == 0 ? [] : [.. specs.Select(s => Resolve($"{layerName}.{s.Name}", s))];
    }

    private torch.Tensor Resolve(string name, WeightSpec spec)
    {
        if (_weights.TryGetValue(name, out var known))
        {
            return known.Tensor.shape.AsSpan().SequenceEqual(spec.Shape)
                ? known.Tensor
                : throw new InvalidOperationException(
                    $"Shared weight '{name}' must have shape {Value.FormatShape(known.Tensor.shape)}; got {Value.FormatShape(spec.Shape)}");
        }

        torch.Tensor tensor;
        using (torch.no_grad())
        {
            tensor = torch.empty(spec.Shape, dtype: torch.ScalarType.Float32);
            spec.Initializer.Fill(tensor, _random);
        }

        // Weights outlive the dispose scope of the step that creates them.
        tensor.DetachFromDisposeScope();
        tensor.requires_grad = spec.IsTrainable;
        _weights[name] = (tensor, spec.IsTrainable);
        _order.Add(name);
        return tensor;
    }
}
