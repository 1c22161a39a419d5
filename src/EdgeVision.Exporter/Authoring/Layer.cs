using TorchSharp;

namespace EdgeVision.Exporter.Authoring;

/// <summary>
/// One kind of operation with all that is known of it in one place: its shapes, its weights, how TorchSharp runs it and
/// how ONNX writes it. A layer holds settings, never weights or tensors; a new kind is a new file in Layers/ and a row in
/// the parity test.
/// </summary>
public abstract record Layer
{
    /// <summary>Shape of the output for the shapes of the inputs; -1 stays open.</summary>
    /// <exception cref="ArgumentException">The inputs do not fit.</exception>
    public abstract long[] InferShape(IReadOnlyList<long[]> inputs);

    /// <summary>Weights that the layer needs for these inputs; none by default.</summary>
    public virtual IReadOnlyList<WeightSpec> Weights(IReadOnlyList<long[]> inputs) => [];

    /// <summary>Multiply-accumulates for one item, for these shapes; counted for convolutions and matrix products only.</summary>
    public virtual long MultiplyAccumulates(IReadOnlyList<long[]> inputs, long[] output) => 0;

    /// <summary>Runs the layer; weights in the order of <see cref="Weights"/>.</summary>
    internal abstract torch.Tensor Run(TorchNet net, torch.Tensor[] inputs, torch.Tensor[] weights);

    /// <summary>Writes the layer; weights as <see cref="Run"/> had them, <paramref name="shape"/> from <see cref="InferShape"/>.</summary>
    internal abstract OnnxValue Write(OnnxNet net, string name, OnnxValue[] inputs, long[] shape, torch.Tensor[] weights);

    /// <summary>Fails with one line where a layer's input does not fit.</summary>
    protected static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new ArgumentException(message);
        }
    }
}

/// <summary>A layer that acts on each element: the shape stays.</summary>
public abstract record ElementwiseLayer : Layer
{
    /// <inheritdoc/>
    public override long[] InferShape(IReadOnlyList<long[]> inputs) => inputs[0];
}

/// <summary>A weight that a layer needs.</summary>
/// <param name="Name">Name behind the layer's, such as <c>weight</c>.</param>
/// <param name="Shape">Shape.</param>
/// <param name="Start">Values at the start.</param>
/// <param name="Trained">Whether gradients flow to it; false for running statistics.</param>
public sealed record WeightSpec(string Name, long[] Shape, WeightStart Start, bool Trained = true);

/// <summary>How a weight starts.</summary>
public abstract record WeightStart
{
    /// <summary>Fills <paramref name="weight"/> in place.</summary>
    internal abstract void Fill(torch.Tensor weight, torch.Generator random);

    /// <summary>All elements <paramref name="value"/>.</summary>
    public static WeightStart Constant(float value) => new ConstantStart(value);

    /// <summary>Normal with mean 0.</summary>
    public static WeightStart Normal(double std) => new NormalStart(std);

    /// <summary>He et al. 2015 for ReLU: normal with variance 2 / fan out.</summary>
    public static WeightStart Kaiming { get; } = new KaimingStart();

    private sealed record ConstantStart(float Value) : WeightStart
    {
        internal override void Fill(torch.Tensor weight, torch.Generator random) => weight.fill_(Value);
    }

    private sealed record NormalStart(double Std) : WeightStart
    {
        internal override void Fill(torch.Tensor weight, torch.Generator random) => weight.normal_(0, Std, random);
    }

    private sealed record KaimingStart : WeightStart
    {
        internal override void Fill(torch.Tensor weight, torch.Generator random)
        {
            long[] shape = weight.shape;
            double fanOut = shape[0] * shape.Skip(2).Aggregate(1L, (a, d) => a * d);
            weight.normal_(0, Math.Sqrt(2 / fanOut), random);
        }
    }
}
