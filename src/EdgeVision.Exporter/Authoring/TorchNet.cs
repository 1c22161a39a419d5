using TorchSharp;

namespace EdgeVision.Exporter.Authoring;

/// <summary>Executes a description with TorchSharp; gradients flow to the weights of the store.</summary>
public sealed class TorchNet(WeightStore weights, bool training) : Net
{
    /// <summary>Whether the layer that runs now trains: BatchNorm uses, and updates from, the batch's statistics.</summary>
    public bool Training { get; private set; }

    /// <summary>Stages that stand still: their BatchNorm keeps its statistics.</summary>
    public IReadOnlyCollection<string> Frozen { get; init; } = [];

    /// <summary>Sees each layer's output, for statistics.</summary>
    public Action<string, Layer, torch.Tensor>? Observer { get; init; }

    /// <summary>The weights.</summary>
    public WeightStore Weights => weights;

    /// <summary>A tensor as a value of this net.</summary>
    public static Value Wrap(torch.Tensor tensor) => new TorchValue(tensor);

    /// <summary>The tensor behind a value of this net.</summary>
    public static torch.Tensor Unwrap(Value value) => ((TorchValue)value).Tensor;

    private protected override Value Apply(string name, Layer layer, IReadOnlyList<Value> inputs, long[][] shapes, long[] shape)
    {
        var tensors = inputs.Select(Unwrap).ToArray();
        Training = training && !Frozen.Any(prefix => WeightStore.IsUnder(name, prefix));
        var result = layer.Run(this, tensors, weights.Resolve(name, layer, shapes));
        Training = false;
        if (!Value.Fits(result.shape, shape))
        {
            throw new InvalidOperationException($"{name}: {layer} gave {Value.ShapeText(result.shape)}; its shape rule says {Value.ShapeText(shape)}");
        }

        Observer?.Invoke(name, layer, result);
        return new TorchValue(result);
    }
}
