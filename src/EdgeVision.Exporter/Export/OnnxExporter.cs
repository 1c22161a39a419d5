using System.Security.Cryptography;
using EdgeVision.Exporter.Architectures;
using EdgeVision.Exporter.Authoring;
using EdgeVision.Onnx;
using EdgeVision.Onnx.Passes;
using EdgeVision.Specs;
using EdgeVision.Tensors;
using TorchSharp;

namespace EdgeVision.Exporter.Export;

/// <summary>Options of an export.</summary>
public sealed record ExportOptions
{
    /// <summary>ONNX operator set.</summary>
    public int Opset { get; init; } = OnnxExporter.DefaultOpset;

    /// <summary>
    /// Gets whether height and width of the input stay open, if the architecture accepts sizes other than the spec's.
    /// </summary>
    public bool DynamicSize { get; init; }

    /// <summary>Gets whether weights and arithmetic are float16.</summary>
    public bool Half { get; init; }

    /// <summary>Gets whether the input is bytes [N,H,W,3] and normalization is part of the graph.</summary>
    public bool ByteInput { get; init; }

    /// <summary>Gets whether non-maximum suppression is part of the graph, for YOLO-style outputs.</summary>
    public bool SuppressionInGraph { get; init; }
}

/// <summary>Writes architectures as ONNX.</summary>
public static class OnnxExporter
{
    /// <summary>Default operator set, which all ONNX Runtime versions of recent years support.</summary>
    public const int DefaultOpset = 17;

    /// <summary>Gets the version of this exporter, for provenance.</summary>
    public static string Version { get; } = typeof(OnnxExporter).Assembly.GetName().Version!.ToString(3);

    /// <summary>Writes an architecture with its weights as an ONNX graph.</summary>
    /// <remarks>The batch dimension is open, BatchNorm is folded and there are no training nodes.</remarks>
    public static OnnxModel Write(Architecture architecture, WeightStore weights, int opset = DefaultOpset) =>
        Write(architecture, weights, new ExportOptions { Opset = opset });

    /// <summary>
    /// Writes an architecture as <see cref="Write(Architecture, WeightStore, int)"/> does, optionally with open height and
    /// width.
    /// </summary>
    /// <exception cref="EdgeVisionException">The architecture supports one size only.</exception>
    public static OnnxModel Write(Architecture architecture, WeightStore weights, ExportOptions options)
    {
        ArgumentNullException.ThrowIfNull(architecture);
        ArgumentNullException.ThrowIfNull(weights);
        ArgumentNullException.ThrowIfNull(options);
        if (options.DynamicSize && !architecture.SupportsDynamicSize)
        {
            throw new EdgeVisionException($"{architecture.Name} supports one size only, since its positions or anchors are part of "
                + "the graph; export it once for each size");
        }

        int opset = options.Opset;
        using var scope = torch.NewDisposeScope();
        var graph = new OnnxGraphBuilder(architecture.Name, opset, FileFormat(opset), "EdgeVision.Exporter", Version);
        var net = new OnnxNet(graph, weights);
        var input = architecture.Spec.Input;
        var image = net.AddInput(input.Name ?? "images", 3, options.DynamicSize ? -1 : input.Height,
            options.DynamicSize ? -1 : input.Width);
        foreach (var (name, value) in architecture.Forward(net, image))
        {
            net.AddOutput(name, value, architecture.RowOutputs.Contains(name) ? "rows" : "batch");
        }

        return graph.Build();
    }

    /// <summary>Applies the options that change the graph, and returns the spec of the changed graph.</summary>
    /// <exception cref="EdgeVisionException">The graph does not support an option.</exception>
    /// <remarks>In order: constant folding, suppression, byte input, float16. <paramref name="model"/> is modified.</remarks>
    public static ModelSpec ApplyOptions(OnnxModel model, ModelSpec spec, ExportOptions options)
    {
        ArgumentNullException.ThrowIfNull(model);
        ArgumentNullException.ThrowIfNull(spec);
        ArgumentNullException.ThrowIfNull(options);
        try
        {
            ConstantFolding.Apply(model, GraphRunner.Run);
            if (options.SuppressionInGraph)
            {
                if (spec.Outputs is not [{ Decoder: "yolo-dfl", Tensors: [var output] } head])
                {
                    throw new EdgeVisionException(
                        "Suppression in the graph needs a model with exactly one YOLO-style output; this model has none");
                }

                string rows = EdgeVision.Onnx.Passes.NmsInGraph.Apply(model, output, spec.Thresholds.Iou,
                    EdgeVision.Exporter.Training.HeadEvaluator.MinScore, spec.Thresholds.MaxDetections);
                spec = spec with { Outputs = [head with { Decoder = "yolo-end2end", Tensors = [rows] }] };
            }

            if (options.ByteInput)
            {
                var input = spec.Input;
                PreprocessingInGraph.Apply(model, input.Name!, input.Scale, input.Mean, input.Std);
                spec = spec with
                {
                    Input = input with { Element = TensorElement.UInt8, Layout = TensorLayout.Nhwc, Scale = 1, Mean = [0], Std = [1] },
                };
            }

            if (options.Half)
            {
                HalfPrecision.Apply(model);
            }
        }
        catch (InvalidDataException e)
        {
            throw new EdgeVisionException(e.Message, e);
        }

        return spec;
    }

    // The IR version that was released with the operator set (onnx/docs/Versioning.md).
    private static int FileFormat(int opset) => opset switch { < 15 => 7, < 19 => 8, < 21 => 9, _ => 10 };

    /// <summary>Returns the SHA-256 of the names and values of the weights, in the order of the description.</summary>
    public static string WeightsSha256(WeightStore weights)
    {
        ArgumentNullException.ThrowIfNull(weights);
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (string name in weights.Names)
        {
            hash.AppendData(System.Text.Encoding.UTF8.GetBytes(name));
            hash.AppendData(System.Runtime.InteropServices.MemoryMarshal.AsBytes(OnnxNet.ToFloats(weights[name]).AsSpan()));
        }

        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }
}
