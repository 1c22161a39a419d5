namespace EdgeVision.Onnx.Passes;

/// <summary>Moves normalization into the graph, so that the network takes the bytes of an image.</summary>
/// <remarks>
/// The input [N,3,H,W] of normalized float32 becomes [N,H,W,3] of uint8. Scale and standard deviation are folded into the weights of the
/// first convolution. The mean is folded into its bias if the convolution does not pad. If it pads with zeros, which stand for the mean
/// colour after normalization, the mean is subtracted before it, so that the borders stay exact.
/// </remarks>
public static class PreprocessingInGraph
{
    /// <summary>Changes a model in place.</summary>
    /// <param name="model">Model to change.</param>
    /// <param name="input">Name of its input.</param>
    /// <param name="scale">Factor applied to bytes.</param>
    /// <param name="mean">Mean of each channel, in units of byte * scale; one value for all channels, or three.</param>
    /// <param name="std">Standard deviation of each channel; one value for all channels, or three.</param>
    /// <exception cref="InvalidDataException">The input is not [N,3,H,W] of float32, or not read by a single convolution.</exception>
    public static void Apply(OnnxModel model, string input, float scale, IReadOnlyList<float> mean, IReadOnlyList<float> std)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(mean);
        ArgumentNullException.ThrowIfNull(std);
        var graph = model.Graph;
        var edit = new GraphEditor(graph);
        var info = graph.Input.FirstOrDefault(i => i.Name == input)
            ?? throw new InvalidDataException($"the model has no input '{input}'");
        var dims = info.Type.TensorType.Shape.Dim;
        if (dims.Count != 4 || dims[1].DimValue != 3 || info.Type.TensorType.ElemType != (int)TensorProto.Types.DataType.Float)
        {
            throw new InvalidDataException($"input '{input}' must be [N,3,H,W] of float32");
        }

        var first = graph.Node.FirstOrDefault(n => n.Input.Contains(input));
        if (first is not { OpType: "Conv" }
            || edit.CountUses(input) != 1
            || Group(first) != 1
            || graph.Initializer.FirstOrDefault(t => t.Name == first.Input[1]) is not { } weight)
        {
            throw new InvalidDataException(
                $"input '{input}' must be read by a single convolution with one group and constant weights, to fold normalization into it");
        }

        double[] factor = [.. Enumerable.Range(0, 3).Select(c => (double)scale / std[std.Count == 1 ? 0 : c])];
        double[] centre = [.. Enumerable.Range(0, 3).Select(c => mean[mean.Count == 1 ? 0 : c] / (double)scale)]; // in bytes
        float[] values = OnnxTensor.ReadFloats(weight);
        int outputs = (int)weight.Dims[0], taps = (int)(weight.Dims[2] * weight.Dims[3]);
        var scaled = new float[values.Length];
        var shift = new double[outputs];
        for (int i = 0; i < values.Length; i++)
        {
            int o = i / (3 * taps), c = i / taps % 3;
            scaled[i] = (float)(values[i] * factor[c]);
            shift[o] -= values[i] * factor[c] * centre[c];
        }

        bool pads = first.Attribute.FirstOrDefault(a => a.Name == "pads")?.Ints.Any(p => p != 0) == true
            || first.Attribute.Any(a => a.Name == "auto_pad" && a.S.ToStringUtf8() is "SAME_UPPER" or "SAME_LOWER");
        var cast = edit.CreateNode("Cast", $"{input}_float", [input], OnnxAttribute.Int("to", (int)TensorProto.Types.DataType.Float));
        var planar = edit.CreateNode("Transpose", $"{input}_planar", [cast.Output[0]], OnnxAttribute.Ints("perm", 0, 3, 1, 2));
        List<NodeProto> before = [cast, planar];
        if (pads)
        {
            string middle = edit.AddConstant($"{input}_mean", [.. centre.Select(v => (float)v)], 1, 3, 1, 1);
            before.Add(edit.CreateNode("Sub", $"{input}_centred", [planar.Output[0], middle]));
        }
        else
        {
            float[] bias = first.Input.Count < 3 || first.Input[2].Length == 0 ? new float[outputs]
                : OnnxTensor.ReadFloats(graph.Initializer.FirstOrDefault(t => t.Name == first.Input[2])
                    ?? throw new InvalidDataException(
                        $"the bias '{first.Input[2]}' of the first convolution is not a constant; fold constants first"));
            string name = edit.AddConstant($"{first.Name}.bias_of_bytes", [.. bias.Select((b, o) => (float)(b + shift[o]))], outputs);
            while (first.Input.Count < 3)
            {
                first.Input.Add("");
            }

            first.Input[2] = name;
        }

        first.Input[0] = before[^1].Output[0];
        first.Input[1] = edit.AddConstant($"{weight.Name}_of_bytes", scaled, [.. weight.Dims]);
        for (int i = 0; i < before.Count; i++)
        {
            graph.Node.Insert(i, before[i]);
        }

        info.Type.TensorType.ElemType = (int)TensorProto.Types.DataType.Uint8;
        var (n, channels, h, w) = (dims[0].Clone(), dims[1].Clone(), dims[2].Clone(), dims[3].Clone());
        dims.Clear();
        dims.AddRange([n, h, w, channels]);
        DeadCodeElimination.Apply(graph);
    }

    private static long Group(NodeProto node) => node.Attribute.FirstOrDefault(a => a.Name == "group")?.I ?? 1;
}
