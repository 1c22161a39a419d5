namespace EdgeVision.Exporter.Authoring;

/// <summary>Walks a description without computing and creates the weights that it needs, in the order in which any walk would.</summary>
internal sealed class WeightNet(WeightStore weights) : Net
{
    private protected override Value Apply(string name, Layer layer, IReadOnlyList<Value> inputs, long[][] shapes, long[] shape)
    {
        weights.Resolve(name, layer, shapes);
        return new Value(shape);
    }
}
