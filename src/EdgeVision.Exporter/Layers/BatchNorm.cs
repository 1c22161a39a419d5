using EdgeVision.Exporter.Authoring;
using TorchSharp;

namespace EdgeVision.Exporter.Layers;

/// <summary>Batch normalization over axis 1.</summary>
/// <remarks>
/// At export it is folded into the preceding convolution or linear layer; after any other layer it becomes one multiplication
/// and one addition.
/// </remarks>
public sealed record BatchNorm : ElementwiseLayer
{
    /// <summary>Value added to the variance.</summary>
    public double Epsilon { get; init; } = 1e-5;

    /// <summary>Weight of the batch's statistics in each update of the running statistics.</summary>
    public double Momentum { get; init; } = 0.1;

    /// <inheritdoc/>
    public override IReadOnlyList<WeightSpec> GetWeights(IReadOnlyList<long[]> inputs)
    {
        long channels = inputs[0][1];
        return
        [
            new("weight", [channels], WeightInitializer.Constant(1)),
            new("bias", [channels], WeightInitializer.Constant(0)),
            new("running_mean", [channels], WeightInitializer.Constant(0), IsTrainable: false),
            new("running_var", [channels], WeightInitializer.Constant(1), IsTrainable: false),
        ];
    }

    internal override torch.Tensor Run(TorchNet net, torch.Tensor[] inputs, torch.Tensor[] weights) =>
        torch.nn.functional.batch_norm(inputs[0], weights[2], weights[3], weights[0], weights[1], net.IsTraining, Momentum, Epsilon);

    internal override OnnxValue Write(OnnxNet net, string name, OnnxValue[] inputs, long[] shape, torch.Tensor[] weights)
    {
        float[] gamma = OnnxNet.ToFloats(weights[0]), beta = OnnxNet.ToFloats(weights[1]), mean = OnnxNet.ToFloats(weights[2]),
            variance = OnnxNet.ToFloats(weights[3]);
        var scale = new double[gamma.Length];
        var shift = new double[gamma.Length];
        for (int c = 0; c < scale.Length; c++)
        {
            scale[c] = gamma[c] / Math.Sqrt(variance[c] + Epsilon);
            shift[c] = beta[c] - mean[c] * scale[c];
        }

        if (inputs[0] is { Linear: { } linear, Rewrite: { } rewrite })
        {
            return new OnnxValue(shape, linear.WithScaleAndShift(name[(name.LastIndexOf('.') + 1)..], scale, shift), rewrite);
        }

        long[] perChannel = [scale.Length, .. Enumerable.Repeat(1L, shape.Length - 2)];
        var factor = new OnnxValue(net.GetOrAddInitializer($"{name}.scale", () => [.. scale.Select(s => (float)s)], perChannel));
        var offset = new OnnxValue(net.GetOrAddInitializer($"{name}.shift", () => [.. shift.Select(s => (float)s)], perChannel));
        var scaled = net.AddNode("Mul", $"{name}.mul", [inputs[0], factor], shape);
        return net.AddNode("Add", name, [scaled, offset], shape);
    }
}
