using EdgeVision.Onnx;
using TorchSharp;

namespace EdgeVision.Exporter.Authoring;

/// <summary>
/// Net that writes a description as an ONNX graph with the weights of the store; BatchNorm is folded where possible.
/// </summary>
public sealed class OnnxNet(OnnxGraphBuilder graph, WeightStore weights) : Net
{
    private readonly Dictionary<string, GraphValue> _initializers = [];

    /// <summary>Gets the graph under construction.</summary>
    internal OnnxGraphBuilder Graph => graph;

    /// <summary>Adds the graph's input; its batch dimension is open.</summary>
    public Value AddInput(string name, params ReadOnlySpan<long> itemShape) =>
        new OnnxValue(graph.AddInput(name, [-1, .. itemShape], dimensionNames: new Dictionary<int, string> { [0] = "batch" }));

    /// <summary>Makes a value an output of the graph; <paramref name="axis0"/> names its open first axis.</summary>
    public void AddOutput(string name, Value value, string axis0 = "batch") =>
        graph.AddOutput(name, ((OnnxValue)value).Graph, new Dictionary<int, string> { [0] = axis0 });

    internal GraphValue GetOrAddInitializer(string name, Func<float[]> values, params long[] shape)
    {
        if (!_initializers.TryGetValue(name, out var value))
        {
            _initializers[name] = value = graph.AddInitializer(name, values(), shape);
        }

        return value;
    }

    internal GraphValue GetOrAddIntegers(string name, params long[] values)
    {
        string key = $"{name}[{string.Join(',', values)}]";
        if (!_initializers.TryGetValue(key, out var value))
        {
            _initializers[key] = value = graph.AddInitializer(graph.CreateUniqueName(name), values, values.Length);
        }

        return value;
    }

    /// <summary>Returns a scalar constant.</summary>
    internal OnnxValue Scalar(float value) =>
        new(GetOrAddInitializer($"constant[{value.ToString("R", System.Globalization.CultureInfo.InvariantCulture)}]", () => [value]));

    /// <summary>Adds a node whose inputs are values of this net.</summary>
    internal OnnxValue AddNode(string op, string name, IReadOnlyList<OnnxValue> inputs, long[] shape, params AttributeProto[] attributes) =>
        new(graph.AddNode(op, name, [.. inputs.Select(v => v.Graph)], shape, attributes: attributes));

    private protected override Value Apply(string name, Layer layer, IReadOnlyList<Value> inputs, long[][] shapes, long[] shape) =>
        layer.Write(this, name, [.. inputs.Cast<OnnxValue>()], shape, weights.Resolve(name, layer, shapes));

    // TorchSharp's own copy throws for a tensor without elements.
    internal static float[] ToFloats(torch.Tensor tensor) => tensor.numel() == 0 ? [] : tensor.detach().contiguous().data<float>().ToArray();
}
