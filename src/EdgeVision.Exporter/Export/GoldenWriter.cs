using EdgeVision.Exporter.Data;
using EdgeVision.Onnx;

namespace EdgeVision.Exporter.Export;

/// <summary>Puts self-tests into bundles.</summary>
public static class GoldenWriter
{
    /// <summary>Runs a bundle on a picture with the runtime and writes what each stage gave into the bundle's spec, instead of what was there.</summary>
    public static void Write(string bundle, LabelledPicture picture)
    {
        ArgumentNullException.ThrowIfNull(picture);
        GoldenSpec golden;
        ModelSpec spec;
        using (var model = VisionModel.Load(bundle, new RuntimeOptions { Providers = ProviderPolicy.Require(Provider.Cpu) }))
        {
            golden = GoldenRecorder.Record(model, picture.Rgb, picture.Width, picture.Height, picture.Name);
            spec = model.Spec with { Goldens = [golden] };
        }

        var file = OnnxModel.Load(bundle);
        file.SetMetadata(ModelSpec.MetadataKey, ModelSpecJson.Serialize(spec));
        file.Save(bundle);
    }
}
