using EdgeVision.Exporter.Authoring;
using EdgeVision.Onnx;

namespace EdgeVision.Exporter.Training;

/// <summary>What became of the weights that a transfer offered.</summary>
/// <param name="Loaded">Weights taken: name and shape agree.</param>
/// <param name="OtherShape">Names that both have in other shapes, such as a head for other classes.</param>
/// <param name="Missing">Weights of the model that the file does not have.</param>
/// <param name="Unused">Tensors of the file that the model does not have.</param>
/// <param name="Excluded">Weights that the config keeps out.</param>
public sealed record TransferReport(IReadOnlyList<string> Loaded, IReadOnlyList<string> OtherShape, IReadOnlyList<string> Missing,
    IReadOnlyList<string> Unused, IReadOnlyList<string> Excluded)
{
    /// <summary>One line for people.</summary>
    public override string ToString()
    {
        string Some(string what, IReadOnlyList<string> names) =>
            names.Count == 0 ? "" : $"; {names.Count} {what} ({string.Join(", ", names.Take(4))}{(names.Count > 4 ? " …" : "")})";
        return $"{Loaded.Count} weights loaded{Some("of another shape", OtherShape)}{Some("not in the file", Missing)}{Some("kept out", Excluded)}{Some("of the file unused", Unused)}";
    }
}

/// <summary>
/// Weights from elsewhere: a checkpoint of ours (its averaged weights where it has them), any safetensors file with tensors of
/// type F32, or the initializers of an ONNX file. Matched by name and shape.
/// </summary>
public static class Transfer
{
    /// <summary>Loads what fits into <paramref name="weights"/>.</summary>
    /// <exception cref="EdgeVisionException">The file cannot be read, or nothing in it fits.</exception>
    public static TransferReport Load(WeightStore weights, TransferConfig config)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(config);
        if (!File.Exists(config.From))
        {
            throw new EdgeVisionException($"there is no file {config.From} to take weights from");
        }

        var tensors = Path.GetExtension(config.From).Equals(".onnx", StringComparison.OrdinalIgnoreCase) ? FromOnnx(config.From) : FromSafeTensors(config.From);
        List<string> loaded = [], otherShape = [], missing = [], excluded = [];
        foreach (string name in weights.Names)
        {
            if (config.Except.Any(prefix => WeightStore.IsUnder(name, prefix)))
            {
                excluded.Add(name);
            }
            else if (!tensors.TryGetValue(name, out var tensor))
            {
                missing.Add(name);
            }
            else if (!tensor.Shape.AsSpan().SequenceEqual(weights[name].shape))
            {
                otherShape.Add(name);
            }
            else
            {
                weights.Set(name, tensor.ToFloats());
                loaded.Add(name);
            }
        }

        var known = weights.Names.ToHashSet();
        var report = new TransferReport(loaded, otherShape, missing, [.. tensors.Keys.Where(n => !known.Contains(n))], excluded);
        return loaded.Count > 0 ? report : throw new EdgeVisionException($"nothing in {config.From} fits the model: {report}");
    }

    private static Dictionary<string, SafeTensor> FromSafeTensors(string path)
    {
        var (tensors, _) = SafeTensors.Load(path);
        var result = tensors.Where(t => t.Value.Type == "F32" && !t.Key.Contains('/', StringComparison.Ordinal)).ToDictionary();
        foreach (var (name, tensor) in tensors.Where(t => t.Key.StartsWith("ema/", StringComparison.Ordinal)))
        {
            result[name["ema/".Length..]] = tensor;
        }

        return result;
    }

    // Our exports fold BatchNorm into the layer before it and say so in the name (scope.conv+bn.weight). Such a layer gives
    // its folded weight, and a BatchNorm that only adds the folded bias: exact while that BatchNorm stands still.
    private static Dictionary<string, SafeTensor> FromOnnx(string path)
    {
        var result = new Dictionary<string, SafeTensor>();
        foreach (var tensor in OnnxModel.Load(path).Graph.Initializer)
        {
            if (tensor.DataType != (int)TensorProto.Types.DataType.Float)
            {
                continue;
            }

            var values = SafeTensor.FromFloats(OnnxTensor.ReadFloats(tensor), [.. tensor.Dims]);
            int plus = tensor.Name.IndexOf('+', StringComparison.Ordinal), dot = tensor.Name.LastIndexOf('.');
            if (plus < 0 || dot < plus)
            {
                result[tensor.Name] = values;
                continue;
            }

            string layer = tensor.Name[..plus], kind = tensor.Name[(dot + 1)..];
            string norm = layer[..(layer.LastIndexOf('.') + 1)] + tensor.Name[(plus + 1)..dot];
            if (kind == "weight")
            {
                result[$"{layer}.weight"] = values;
                continue;
            }

            int channels = (int)tensor.Dims[0];
            result[$"{norm}.bias"] = values;
            result[$"{norm}.weight"] = Constant(1, channels);
            result[$"{norm}.running_mean"] = Constant(0, channels);
            result[$"{norm}.running_var"] = Constant(1, channels);
        }

        return result;
    }

    private static SafeTensor Constant(float value, int count)
    {
        var values = new float[count];
        Array.Fill(values, value);
        return SafeTensor.FromFloats(values, [count]);
    }
}
