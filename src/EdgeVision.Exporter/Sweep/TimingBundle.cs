using System.Globalization;
using EdgeVision.Exporter.Export;
using EdgeVision.Onnx;
using EdgeVision.Specs;

namespace EdgeVision.Exporter.Sweep;

/// <summary>Result of writing a model of a sweep.</summary>
/// <param name="Item">The model.</param>
/// <param name="Bytes">Size of the file.</param>
/// <param name="MinOutput">Minimum of all outputs on a drawn image.</param>
/// <param name="MaxOutput">Maximum of all outputs on a drawn image.</param>
internal sealed record SweepResult(SweepItem Item, long Bytes, float MinOutput, float MaxOutput);

/// <summary>Bundle with random weights for timing only.</summary>
/// <remarks>
/// It is a complete network with its spec, so that preprocessing and decoding are timed too. Its provenance says that the
/// weights are random, and it contains no accuracy and no self-test.
/// </remarks>
internal static class TimingBundle
{
    /// <summary>Text in the provenance instead of the training data.</summary>
    public const string TrainedOn = "nothing: random weights, for timing only";

    /// <summary>Builds the bundle in memory.</summary>
    /// <exception cref="EdgeVisionException">The architecture does not support the options.</exception>
    public static OnnxModel Build(SweepItem item)
    {
        using var weights = TimingWeights.Create(item.Architecture, item.Seed);
        var model = OnnxExporter.Write(item.Architecture, weights, item.Options);
        var spec = OnnxExporter.ApplyOptions(model, item.Architecture.Spec, item.Options);
        model.SetMetadata(ModelSpec.MetadataKey, ModelSpecJson.Serialize(spec with
        {
            Provenance = new ProvenanceSpec
            {
                Architecture = item.Architecture.Name,
                TrainedOn = TrainedOn,
                ExporterVersion = OnnxExporter.Version,
                WeightsSha256 = OnnxExporter.WeightsSha256(weights),
                Notes = string.Create(CultureInfo.InvariantCulture, $"random weights of seed {item.Seed}: its results mean nothing"),
                Metrics = new Dictionary<string, double>
                {
                    ["parameters"] = item.Parameters, ["multiply_accumulates"] = item.MultiplyAccumulates,
                },
            },
        }));
        return model;
    }

    /// <summary>Writes a bundle completely or not at all, after the runtime has run it on a drawn image.</summary>
    /// <param name="model">Result of <see cref="Build"/>.</param>
    /// <param name="item">Item of the plan.</param>
    /// <param name="path">File to write; an existing one is replaced.</param>
    /// <exception cref="EdgeVisionException">The runtime cannot run it, or its outputs are not finite.</exception>
    public static SweepResult Save(OnnxModel model, SweepItem item, string path)
    {
        string part = path + ".part";
        try
        {
            model.Save(part);
            var (least, greatest) = Outputs(part);
            long bytes = new FileInfo(part).Length;
            File.Move(part, path, overwrite: true);
            return new SweepResult(item, bytes, least, greatest);
        }
        catch (EdgeVisionException e)
        {
            throw new EdgeVisionException($"Cannot write {item.Name}: {e.Message}", e);
        }
        finally
        {
            File.Delete(part);
        }
    }

    private static (float Least, float Greatest) Outputs(string path)
    {
        using var model = VisionModel.Load(path, new RuntimeOptions { Providers = ProviderPolicy.Require(Provider.Cpu) });
        var picture = TimingWeights.CreateImage(0);
        using var frame = Frame.Borrow(picture.Rgb, PixelFormat.Rgb24, picture.Width, picture.Height);
        model.Run(frame);
        float least = float.PositiveInfinity, greatest = float.NegativeInfinity;
        for (int o = 0; o < model.Engine.Results.Count; o++)
        {
            foreach (float value in model.Engine.Results.GetData(o))
            {
                if (!float.IsFinite(value))
                {
                    throw new EdgeVisionException("Outputs must be finite, since times of other numbers are meaningless; "
                        + $"got {value.ToString(CultureInfo.InvariantCulture)}");
                }

                (least, greatest) = (Math.Min(least, value), Math.Max(greatest, value));
            }
        }

        return (least, greatest);
    }
}
