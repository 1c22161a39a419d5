using TorchSharp;

namespace EdgeVision.Exporter.Authoring;

/// <summary>Net that executes a description with TorchSharp; gradients flow to the weights of the store.</summary>
public sealed class TorchNet(WeightStore weights, bool training) : Net
{
    /// <summary>Gets whether the current layer is in training mode.</summary>
    /// <remarks>In training mode BatchNorm uses the batch's statistics and updates its running ones from them.</remarks>
    public bool IsTraining { get; private set; }

    /// <summary>Prefixes of frozen stages; their BatchNorm keeps its statistics.</summary>
    public IReadOnlyCollection<string> FrozenStages { get; init; } = [];

    /// <summary>Callback that receives each layer's name, the layer and its output, for statistics.</summary>
    public Action<string, Layer, torch.Tensor>? Observer { get; init; }

    /// <summary>Gets the weights.</summary>
    public WeightStore Weights => weights;

    /// <summary>Wraps a tensor as a value of this net.</summary>
    public static Value Wrap(torch.Tensor tensor) => new TorchValue(tensor);

    /// <summary>Returns the tensor of a value of this net.</summary>
    public static torch.Tensor Unwrap(Value value) => ((TorchValue)value).Tensor;

    private protected override Value Apply(string name, Layer layer, IReadOnlyList<Value> inputs, long[][] shapes, long[] shape)
    {
        var tensors = inputs.Select(Unwrap).ToArray();
        IsTraining = training && !FrozenStages.Any(prefix => WeightStore.HasStagePrefix(name, prefix));
        var result = layer.Run(this, tensors, weights.Resolve(name, layer, shapes));
        IsTraining = false;
        if (!Value.ShapeMatches(result.shape, shape))
        {
            throw new InvalidOperationException(
                $"{name}: output of {layer} must have shape {Value.FormatShape(shape)}; got {Value.FormatShape(result.shape)}");
        }

        Observer?.Invoke(name, layer, result);
        return new TorchValue(result);
    }
}
