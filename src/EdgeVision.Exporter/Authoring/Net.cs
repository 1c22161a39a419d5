namespace EdgeVision.Exporter.Authoring;

/// <summary>Visitor of a network description: an architecture applies its layers to a net.</summary>
/// <remarks>
/// <see cref="TorchNet"/> executes the layers, <see cref="OnnxNet"/> writes them and <see cref="AnalysisNet"/> counts them, all
/// from the same description. Weights are named by scope and layer (<c>backbone.stage1.conv1.weight</c>). Applying a layer
/// again under the same name shares its weights: heads over several pyramid levels are written as a loop.
/// </remarks>
public abstract class Net
{
    private string _scope = "";

    /// <summary>Opens a scope: until it is disposed, names begin with <paramref name="name"/> and a dot.</summary>
    public IDisposable Scope(string name)
    {
        var outer = new OuterScope(this, _scope);
        _scope = $"{_scope}{name}.";
        return outer;
    }

    /// <summary>Applies a layer under a name.</summary>
    /// <exception cref="ArgumentException">The inputs do not fit the layer.</exception>
    public Value Apply(string name, Layer layer, params IReadOnlyList<Value> inputs)
    {
        ArgumentNullException.ThrowIfNull(layer);
        ArgumentNullException.ThrowIfNull(inputs);
        string full = _scope + name;
        var shapes = inputs.Select(v => v.Shape).ToArray();
        long[] shape;
        try
        {
            shape = layer.InferShape(shapes);
        }
        catch (ArgumentException e)
        {
            throw new ArgumentException($"{full}: {e.Message}; inputs are {string.Join(", ", inputs)}", e);
        }

        return Apply(full, layer, inputs, shapes, shape);
    }

    private protected abstract Value Apply(string name, Layer layer, IReadOnlyList<Value> inputs, long[][] shapes, long[] shape);

    private sealed class OuterScope(Net net, string scope) : IDisposable
    {
        public void Dispose() => net._scope = scope;
    }
}
