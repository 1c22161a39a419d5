using EdgeVision.Exporter.Data;
using EdgeVision.Models.Verification;
using EdgeVision.Onnx;
using EdgeVision.Specs;

namespace EdgeVision.Exporter.Export;

/// <summary>Writes self-tests into bundles.</summary>
public static class GoldenWriter
{
    // Float16 has 11 significant bits: computing in float16 and computing in float32 between casts differ by this much.
    private static readonly GoldenTolerances HalfTolerances = new() { Outputs = 0.02, Pixels = 2, Scores = 0.03, Maps = 0.02 };

    /// <summary>Runs a bundle on an image and writes the result of each stage into the bundle's spec.</summary>
    /// <remarks>It replaces an existing self-test.</remarks>
    public static void Write(string bundle, LabelledImage image)
    {
        ArgumentNullException.ThrowIfNull(image);
        GoldenSpec golden;
        ModelSpec spec;
        using (var model = VisionModel.Load(bundle, new RuntimeOptions { Providers = ProviderPolicy.Require(Provider.Cpu) }))
        {
            golden = GoldenRecorder.Record(model, image.Rgb, image.Width, image.Height, image.Name);
            spec = model.Spec with { Goldens = [golden] };
        }

        var file = OnnxModel.Load(bundle);
        foreach (var output in golden.Outputs)
        {
            // Row axes have this name: see OnnxExporter.Write.
            output.Rows = file.Graph.Output.First(o => o.Name == output.Name).Type.TensorType.Shape is { Dim: [{ DimParam: "rows" }, ..] };
        }

        if (file.Graph.Initializer.Any(t => t.DataType == (int)TensorProto.Types.DataType.Float16))
        {
            golden.Tolerances = HalfTolerances;
        }

        file.SetMetadata(ModelSpec.MetadataKey, ModelSpecJson.Serialize(spec));
        file.Save(bundle);
    }
}
