using EdgeVision.Onnx;
using TorchSharp;

namespace EdgeVision.Exporter.Authoring;

/// <summary>
/// What flows between layers. A description only passes values on; what one is inside depends on who walks the
/// description: a tensor (TorchSharp), a graph value (ONNX) or a shape alone (analysis).
/// </summary>
public class Value
{
    /// <summary>A value of which only the shape is known.</summary>
    public Value(params long[] shape) => Shape = shape;

    /// <summary>Dimensions; -1 where a dimension is open. Axis 0 is the batch.</summary>
    public long[] Shape { get; }

    /// <summary>Dimension <paramref name="axis"/>; negative counts from the end.</summary>
    public long Size(int axis) => Shape[axis < 0 ? Shape.Length + axis : axis];

    /// <summary>Like <c>[?,64,20,24]</c>.</summary>
    public override string ToString() => ShapeText(Shape);

    /// <summary>Whether a shape is what a shape rule says; -1 there takes any size.</summary>
    internal static bool Fits(ReadOnlySpan<long> shape, ReadOnlySpan<long> rule)
    {
        bool fits = shape.Length == rule.Length;
        for (int i = 0; fits && i < rule.Length; i++)
        {
            fits = rule[i] < 0 || rule[i] == shape[i];
        }

        return fits;
    }

    internal static string ShapeText(IEnumerable<long> shape) =>
        $"[{string.Join(',', shape.Select(d => d < 0 ? "?" : d.ToString(System.Globalization.CultureInfo.InvariantCulture)))}]";
}

/// <summary>A value that TorchSharp computed.</summary>
internal sealed class TorchValue(torch.Tensor tensor) : Value(tensor.shape)
{
    public torch.Tensor Tensor { get; } = tensor;
}

/// <summary>
/// A value of the ONNX graph. A linear operation is written only when something reads it, so that a BatchNorm behind it
/// can be folded into its weights instead.
/// </summary>
internal sealed class OnnxValue : Value
{
    private readonly Func<GraphValue>? _write;
    private GraphValue? _value;

    public OnnxValue(GraphValue value) : base([.. value.Shape]) => _value = value;

    public OnnxValue(long[] shape, FoldableLinear linear, Func<FoldableLinear, GraphValue> write) : base(shape)
    {
        Linear = linear;
        Rewrite = write;
        _write = () => write(linear);
    }

    /// <summary>The linear operation this value is the result of, where it can still be folded into.</summary>
    public FoldableLinear? Linear { get; }

    public Func<FoldableLinear, GraphValue>? Rewrite { get; }

    /// <summary>The value in the graph, written now if it was not yet.</summary>
    public GraphValue Graph => _value ??= _write!();
}

/// <summary>Weights of a convolution or a fully connected layer on their way into the graph.</summary>
/// <param name="Name">Name of the layer, of the node and the base of its initializers' names.</param>
/// <param name="Weight">Row-major; the output channel is axis 0.</param>
/// <param name="WeightShape">Shape of the weight.</param>
/// <param name="Bias">One an output channel, or null.</param>
internal sealed record FoldableLinear(string Name, float[] Weight, long[] WeightShape, float[]? Bias)
{
    /// <summary>
    /// The operation followed by <c>y * scale + shift</c> per output channel. Computed in double, rounded once.
    /// </summary>
    public FoldableLinear Then(string name, double[] scale, double[] shift)
    {
        int channels = (int)WeightShape[0];
        int each = Weight.Length / channels;
        var weight = new float[Weight.Length];
        var bias = new float[channels];
        for (int c = 0; c < channels; c++)
        {
            for (int i = c * each; i < (c + 1) * each; i++)
            {
                weight[i] = (float)(Weight[i] * scale[c]);
            }

            bias[c] = (float)((Bias?[c] ?? 0) * scale[c] + shift[c]);
        }

        return new FoldableLinear($"{Name}+{name}", weight, WeightShape, bias);
    }
}
