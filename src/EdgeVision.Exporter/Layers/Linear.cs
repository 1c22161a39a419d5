using EdgeVision.Exporter.Authoring;
using EdgeVision.Onnx;
using TorchSharp;

namespace EdgeVision.Exporter.Layers;

/// <summary>Fully connected layer on the last axis: [..., C] to [..., Features].</summary>
/// <param name="Features">Number of outputs.</param>
public sealed record Linear(int Features) : Layer
{
    /// <summary>Gets whether a bias is added.</summary>
    public bool Bias { get; init; } = true;

    /// <summary>Initial values of the weight.</summary>
    public WeightInitializer WeightInitializer { get; init; } = WeightInitializer.Kaiming;

    /// <inheritdoc/>
    public override long[] InferShape(IReadOnlyList<long[]> inputs)
    {
        Require(inputs[0].Length >= 2 && inputs[0][^1] > 0, "input of a linear layer must be [N,...,C] with C known");
        return [.. inputs[0][..^1], Features];
    }

    /// <inheritdoc/>
    public override IReadOnlyList<WeightSpec> GetWeights(IReadOnlyList<long[]> inputs)
    {
        var weight = new WeightSpec("weight", [Features, inputs[0][^1]], WeightInitializer);
        return Bias ? [weight, new WeightSpec("bias", [Features], WeightInitializer.Constant(0))] : [weight];
    }

    /// <inheritdoc/>
    public override long CountMultiplyAccumulates(IReadOnlyList<long[]> inputs, long[] output) =>
        output.Skip(1).Aggregate(inputs[0][^1], (a, d) => a * Math.Max(d, 1));

    internal override torch.Tensor Run(TorchNet net, torch.Tensor[] inputs, torch.Tensor[] weights) =>
        torch.nn.functional.linear(inputs[0], weights[0], Bias ? weights[1] : null);

    internal override OnnxValue Write(OnnxNet net, string name, OnnxValue[] inputs, long[] shape, torch.Tensor[] weights)
    {
        var linear = new FoldableLinear(name, OnnxNet.ToFloats(weights[0]), weights[0].shape, Bias ? OnnxNet.ToFloats(weights[1]) : null);
        GraphValue Emit(FoldableLinear l)
        {
            if (shape.Length == 2)
            {
                List<GraphValue?> operands = [inputs[0].Graph, net.GetOrAddInitializer($"{l.Name}.weight", () => l.Weight, l.WeightShape)];
                if (l.Bias is { } gemmBias)
                {
                    operands.Add(net.GetOrAddInitializer($"{l.Name}.bias", () => gemmBias, gemmBias.Length));
                }

                return net.Graph.AddNode("Gemm", l.Name, operands, shape, attributes: [OnnxAttribute.Int("transB", 1)]);
            }

            // Gemm supports matrices only; with more axes the layer is MatMul with the transposed weight.
            var transposed = net.GetOrAddInitializer($"{l.Name}.weight_t", () => Transpose(l.Weight, (int)l.WeightShape[0], (int)l.WeightShape[1]),
                l.WeightShape[1], l.WeightShape[0]);
            var product = net.Graph.AddNode("MatMul", l.Bias is null ? l.Name : $"{l.Name}.matmul", [inputs[0].Graph, transposed], shape);
            return l.Bias is { } bias
                ? net.Graph.AddNode("Add", l.Name, [product, net.GetOrAddInitializer($"{l.Name}.bias", () => bias, bias.Length)], shape)
                : product;
        }

        // BatchNorm normalizes axis 1, which is this layer's output only in a matrix.
        return shape.Length == 2 ? new OnnxValue(shape, linear, Emit) : new OnnxValue(Emit(linear));
    }

    private static float[] Transpose(float[] matrix, int rows, int columns)
    {
        var result = new float[matrix.Length];
        for (int r = 0; r < rows; r++)
        {
            for (int c = 0; c < columns; c++)
            {
                result[c * rows + r] = matrix[r * columns + c];
            }
        }

        return result;
    }
}
