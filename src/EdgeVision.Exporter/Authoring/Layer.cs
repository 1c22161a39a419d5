using TorchSharp;

namespace EdgeVision.Exporter.Authoring;

/// <summary>Operation of a network: its shape inference, its weights, and how TorchSharp runs and ONNX represents it.</summary>
/// <remarks>
/// A layer holds settings, never weights or tensors. A new kind of layer needs a new file in Layers/ and a row in the parity
/// test.
/// </remarks>
public abstract record Layer
{
    /// <summary>Returns the output shape for the input shapes; -1 marks an open dimension.</summary>
    /// <exception cref="ArgumentException">The inputs do not fit the layer.</exception>
    public abstract long[] InferShape(IReadOnlyList<long[]> inputs);

    /// <summary>Returns the weights that the layer needs for these inputs; none by default.</summary>
    public virtual IReadOnlyList<WeightSpec> GetWeights(IReadOnlyList<long[]> inputs) => [];

    /// <summary>Returns the multiply-accumulates for one item; counted for convolutions and matrix products only.</summary>
    public virtual long CountMultiplyAccumulates(IReadOnlyList<long[]> inputs, long[] output) => 0;

    /// <summary>Runs the layer with its weights in the order of <see cref="GetWeights"/>.</summary>
    internal abstract torch.Tensor Run(TorchNet net, torch.Tensor[] inputs, torch.Tensor[] weights);

    /// <summary>
    /// Writes the layer with the same weights as <see cref="Run"/>; <paramref name="shape"/> is from <see cref="InferShape"/>.
    /// </summary>
    internal abstract OnnxValue Write(OnnxNet net, string name, OnnxValue[] inputs, long[] shape, torch.Tensor[] weights);

    /// <summary>Throws <see cref="ArgumentException"/> if a condition on a layer's inputs is not met.</summary>
    protected static void Require(bool condition, string message)
    {
        if (!condition)
        {
            throw new ArgumentException(message);
        }
    }
}

/// <summary>Layer that acts on each element and keeps the shape.</summary>
public abstract record ElementwiseLayer : Layer
{
    /// <inheritdoc/>
    public override long[] InferShape(IReadOnlyList<long[]> inputs) => inputs[0];
}

/// <summary>Weight that a layer needs.</summary>
/// <param name="Name">Suffix after the layer's name, such as <c>weight</c>.</param>
/// <param name="Shape">Shape.</param>
/// <param name="Initializer">Initial values.</param>
/// <param name="IsTrainable">Whether gradients flow to the weight; false for running statistics.</param>
public sealed record WeightSpec(string Name, long[] Shape, WeightInitializer Initializer, bool IsTrainable = true);

/// <summary>Initial values of a weight.</summary>
public abstract record WeightInitializer
{
    /// <summary>Fills <paramref name="weight"/> in place.</summary>
    internal abstract void Fill(torch.Tensor weight, torch.Generator random);

    /// <summary>Sets all elements to <paramref name="value"/>.</summary>
    public static WeightInitializer Constant(float value) => new ConstantStart(value);

    /// <summary>Draws from a normal distribution with mean 0.</summary>
    public static WeightInitializer Normal(double std) => new NormalStart(std);

    /// <summary>Draws from a normal distribution with variance 2 / fan-out (He et al. 2015, for ReLU).</summary>
    public static WeightInitializer Kaiming { get; } = new KaimingStart();

    private sealed record ConstantStart(float Value) : WeightInitializer
    {
        internal override void Fill(torch.Tensor weight, torch.Generator random) => weight.fill_(Value);
    }

    private sealed record NormalStart(double Std) : WeightInitializer
    {
        internal override void Fill(torch.Tensor weight, torch.Generator random) => weight.normal_(0, Std, random);
    }

    private sealed record KaimingStart : WeightInitializer
    {
        internal override void Fill(torch.Tensor weight, torch.Generator random)
        {
            long[] shape = weight.shape;
            double fanOut = shape[0] * shape.Skip(2).Aggregate(1L, (a, d) => a * d);
            weight.normal_(0, Math.Sqrt(2 / fanOut), random);
        }
    }
}
