namespace EdgeVision.Exporter.Authoring;

/// <summary>Net that infers shapes and counts parameters and multiply-accumulates without computing values.</summary>
public sealed class AnalysisNet : Net
{
    private readonly HashSet<string> _seen = [];

    /// <summary>Gets one entry per applied layer, in order.</summary>
    public List<(string Name, string Kind, long[] Shape)> Layers { get; } = [];

    /// <summary>Gets the number of trained parameters; shared weights count once.</summary>
    public long Parameters { get; private set; }

    /// <summary>Gets the multiply-accumulates of convolutions and matrix products for one item.</summary>
    public long MultiplyAccumulates { get; private set; }

    private protected override Value Apply(string name, Layer layer, IReadOnlyList<Value> inputs, long[][] shapes, long[] shape)
    {
        Layers.Add((name, layer.GetType().Name, shape));
        MultiplyAccumulates += layer.CountMultiplyAccumulates(shapes, shape);
        foreach (var weight in layer.GetWeights(shapes).Where(w => w.IsTrainable && _seen.Add($"{name}.{w.Name}")))
        {
            Parameters += weight.Shape.Aggregate(1L, (a, d) => a * d);
        }

        return new Value(shape);
    }
}
