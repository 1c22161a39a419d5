namespace EdgeVision.Exporter.Authoring;

/// <summary>Net that creates the weights a description needs, in the order of application, without computing values.</summary>
internal sealed class WeightInitializationNet(WeightStore weights) : Net
{
    private protected override Value Apply(string name, Layer layer, IReadOnlyList<Value> inputs, long[][] shapes, long[] shape)
    {
        weights.Resolve(name, layer, shapes);
        return new Value(shape);
    }
}
