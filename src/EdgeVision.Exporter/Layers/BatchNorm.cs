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
    public override IReadOnlyList<WeightSpec> Weights(IReadOnlyList<long[]> inputs)
    {
        long channels = inputs[0][1];
        return
        [
            new("weight", [channels], WeightStart.Constant(1)),
            new("bias", [channels], WeightStart.Constant(0)),
            new("running_mean", [channels], WeightStart.Constant(0), Trained: false),
            new("running_var", [channels], WeightStart.Constant(1), Trained: false),
        ];
    }

    internal override torch.Tensor Run(TorchNet net, torch.Tensor[] inputs, torch.Tensor[] weights) =>
        torch.nn.functional.batch_norm(inputs[0], weights[2], weights[3], weights[0], weights[1], net.Training, Momentum, Epsilon);

    internal override OnnxValue Write(OnnxNet net, string name, OnnxValue[] inputs, long[] shape, torch.Tensor[] weights)
    {
        float[] gamma = OnnxNet.Floats(weights[0]), beta = OnnxNet.Floats(weights[1]), mean = OnnxNet.Floats(weights[2]),
            variance = OnnxNet.Floats(weights[3]);
        var scale = new double[gamma.Length];
        var shift = new double[gamma.Length];
        for (int c = 0; c < scale.Length; c++)
        {
            scale[c] = gamma[c] / Math.Sqrt(variance[c] + Epsilon);
            shift[c] = beta[c] - mean[c] * scale[c];
        }

        if (inputs[0] is { Linear: { } linear, Rewrite: { } rewrite })
        {
            return new OnnxValue(shape, linear.Then(name[(name.LastIndexOf('.') + 1)..], scale, shift), rewrite);
        }

        long[] perChannel = [scale.Length, .. Enumerable.Repeat(1L, shape.Length - 2)];
        var factor = new OnnxValue(net.Initializer($"{name}.scale", () => [.. scale.Select(s => (float)s)], perChannel));
        var offset = new OnnxValue(net.Initializer($"{name}.shift", () => [.. shift.Select(s => (float)s)], perChannel));
        var scaled = net.Node("Mul", $"{name}.mul", [inputs[0], factor], shape);
        return net.Node("Add", name, [scaled, offset], shape);
    }
}
