using EdgeVision.Onnx;
using TorchSharp;

namespace EdgeVision.Exporter.Authoring;

/// <summary>
/// Value between layers. Its content depends on the net: a tensor (TorchSharp), a graph value (ONNX) or only a shape
/// (analysis).
/// </summary>
public class Value
{
    /// <summary>Creates a value of which only the shape is known.</summary>
    public Value(params long[] shape) => Shape = shape;

    /// <summary>Gets the dimensions; -1 marks an open one. Axis 0 is the batch.</summary>
    public long[] Shape { get; }

    /// <summary>Returns dimension <paramref name="axis"/>; a negative axis counts from the end.</summary>
    public long Size(int axis) => Shape[axis < 0 ? Shape.Length + axis : axis];

    /// <summary>Returns the shape as text, such as <c>[?,64,20,24]</c>.</summary>
    public override string ToString() => FormatShape(Shape);

    /// <summary>Returns whether a shape matches an inferred one, in which -1 matches any size.</summary>
    internal static bool ShapeMatches(ReadOnlySpan<long> shape, ReadOnlySpan<long> rule)
    {
        bool fits = shape.Length == rule.Length;
        for (int i = 0; fits && i < rule.Length; i++)
        {
            fits = rule[i] < 0 || rule[i] == shape[i];
        }

        return fits;
    }

    internal static string FormatShape(IEnumerable<long> shape) =>
        $"[{string.Join(',', shape.Select(d => d < 0 ? "?" : d.ToString(System.Globalization.CultureInfo.InvariantCulture)))}]";
}

/// <summary>Value computed by TorchSharp.</summary>
internal sealed class TorchValue(torch.Tensor tensor) : Value(tensor.shape)
{
    public torch.Tensor Tensor { get; } = tensor;
}

/// <summary>Value of the ONNX graph.</summary>
/// <remarks>
/// A linear operation is written only when its result is read, so that a following BatchNorm can be folded into its weights.
/// </remarks>
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

    /// <summary>Gets the linear operation that produces this value, if it can still be folded; null otherwise.</summary>
    public FoldableLinear? Linear { get; }

    public Func<FoldableLinear, GraphValue>? Rewrite { get; }

    /// <summary>Gets the value in the graph; writes it on first use.</summary>
    public GraphValue Graph => _value ??= _write!();
}

/// <summary>Weights of a convolution or a fully connected layer before they are written to the graph.</summary>
/// <param name="Name">Name of the layer and of the node, and prefix of the names of its initializers.</param>
/// <param name="Weight">Row-major; the output channel is axis 0.</param>
/// <param name="WeightShape">Shape of the weight.</param>
/// <param name="Bias">One value per output channel, or null.</param>
internal sealed record FoldableLinear(string Name, float[] Weight, long[] WeightShape, float[]? Bias)
{
    /// <summary>
    /// Returns the operation followed by <c>y * scale + shift</c> per output channel, computed in double and rounded once.
    /// </summary>
    public FoldableLinear WithScaleAndShift(string name, double[] scale, double[] shift)
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
