using EdgeVision.Exporter.Authoring;
using EdgeVision.Onnx;

namespace EdgeVision.Exporter.Training;

/// <summary>Result of loading weights from a file.</summary>
/// <param name="Loaded">Loaded weights: name and shape match.</param>
/// <param name="ShapeMismatch">Weights with the same name but another shape, such as a head for other classes.</param>
/// <param name="Missing">Weights of the model that are not in the file.</param>
/// <param name="Unused">Tensors of the file that are not in the model.</param>
/// <param name="Excluded">Weights that the config excludes.</param>
public sealed record TransferReport(IReadOnlyList<string> Loaded, IReadOnlyList<string> ShapeMismatch, IReadOnlyList<string> Missing,
    IReadOnlyList<string> Unused, IReadOnlyList<string> Excluded)
{
    /// <summary>Returns the report as one line.</summary>
    public override string ToString()
    {
        string Some(string what, IReadOnlyList<string> names) =>
            names.Count == 0 ? "" : $"; {names.Count} {what} ({string.Join(", ", names.Take(4))}{(names.Count > 4 ? " …" : "")})";
        return $"{Loaded.Count} weights loaded{Some("of another shape", ShapeMismatch)}{Some("not in the file", Missing)}"
            + $"{Some("excluded", Excluded)}{Some("of the file not used", Unused)}";
    }
}

/// <summary>Loads initial weights from a file, matched by name and shape.</summary>
/// <remarks>
/// Files: a checkpoint of this exporter (its averaged weights if available), any safetensors file with tensors of type F32, or
/// the initializers of an ONNX file.
/// </remarks>
public static class WeightTransfer
{
    /// <summary>Loads matching weights into <paramref name="weights"/>.</summary>
    /// <exception cref="EdgeVisionException">The file cannot be read, or no weight matches.</exception>
    public static TransferReport Load(WeightStore weights, TransferConfig config)
    {
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(config);
        if (!File.Exists(config.From))
        {
            throw new EdgeVisionException($"File '{config.From}' for the transfer of weights does not exist");
        }

        var tensors = Path.GetExtension(config.From).Equals(".onnx", StringComparison.OrdinalIgnoreCase)
            ? FromOnnx(config.From)
            : FromSafeTensors(config.From);
        List<string> loaded = [], otherShape = [], missing = [], excluded = [];
        foreach (string name in weights.Names)
        {
            if (config.Except.Any(prefix => WeightStore.HasStagePrefix(name, prefix)))
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
        return loaded.Count > 0 ? report : throw new EdgeVisionException($"No weight in '{config.From}' matches the model: {report}");
    }

    private static Dictionary<string, SafeTensor> FromSafeTensors(string path)
    {
        var (tensors, _) = SafeTensorsFile.Load(path);
        var result = tensors.Where(t => t.Value.Type == "F32" && !t.Key.Contains('/', StringComparison.Ordinal)).ToDictionary();
        foreach (var (name, tensor) in tensors.Where(t => t.Key.StartsWith("ema/", StringComparison.Ordinal)))
        {
            result[name["ema/".Length..]] = tensor;
        }

        return result;
    }

    // Exported bundles fold BatchNorm into the preceding layer and mark it in the name (scope.conv+bn.weight). Such a layer
    // gets its folded weight, and a BatchNorm that only adds the folded bias: exact while that BatchNorm is frozen.
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
