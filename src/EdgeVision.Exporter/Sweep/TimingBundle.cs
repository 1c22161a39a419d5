using System.Globalization;
using EdgeVision.Exporter.Export;
using EdgeVision.Onnx;

namespace EdgeVision.Exporter.Sweep;

/// <summary>What came of a model of a sweep.</summary>
/// <param name="Item">The model.</param>
/// <param name="Bytes">Size of its file.</param>
/// <param name="Least">Least of all outputs on a drawn picture.</param>
/// <param name="Greatest">Greatest of all outputs on a drawn picture.</param>
internal sealed record SweepResult(SweepItem Item, long Bytes, float Least, float Greatest);

/// <summary>
/// A bundle to be timed, not used: a whole network with its spec, so that preprocessing and decoding are timed too, and weights that say
/// they are random. It carries no figure of accuracy and no self-test: nothing is to be learned from what it answers.
/// </summary>
internal static class TimingBundle
{
    /// <summary>What provenance says in place of data.</summary>
    public const string TrainedOn = "nothing: random weights, for timing only";

    /// <summary>The bundle in memory.</summary>
    /// <exception cref="EdgeVisionException">The architecture cannot be written as the options ask.</exception>
    public static OnnxModel Build(SweepItem item)
    {
        using var weights = TimingWeights.Create(item.Architecture, item.Seed);
        var model = OnnxExporter.Write(item.Architecture, weights, item.Options);
        var spec = OnnxExporter.Finish(model, item.Architecture.Spec, item.Options);
        model.SetMetadata(ModelSpec.MetadataKey, ModelSpecJson.Serialize(spec with
        {
            Provenance = new ProvenanceSpec
            {
                Architecture = item.Architecture.Name,
                TrainedOn = TrainedOn,
                ExporterVersion = OnnxExporter.Version,
                WeightsSha256 = OnnxExporter.WeightsSha256(weights),
                Notes = string.Create(CultureInfo.InvariantCulture, $"random weights of seed {item.Seed}: its results mean nothing"),
                Metrics = new Dictionary<string, double> { ["parameters"] = item.Parameters, ["multiply_accumulates"] = item.MultiplyAccumulates },
            },
        }));
        return model;
    }

    /// <summary>Writes a bundle whole or not at all, once the runtime has run it on a drawn picture.</summary>
    /// <param name="model">What <see cref="Build"/> made.</param>
    /// <param name="item">What it is.</param>
    /// <param name="path">File; one that is there is replaced.</param>
    /// <exception cref="EdgeVisionException">The runtime does not run it, or its outputs are not finite.</exception>
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
            throw new EdgeVisionException($"{item.Name} is not written: {e.Message}", e);
        }
        finally
        {
            File.Delete(part);
        }
    }

    private static (float Least, float Greatest) Outputs(string path)
    {
        using var model = VisionModel.Load(path, new RuntimeOptions { Providers = ProviderPolicy.Require(Provider.Cpu) });
        var picture = TimingWeights.Picture(0);
        using var frame = Frame.Borrow(picture.Rgb, PixelFormat.Rgb24, picture.Width, picture.Height);
        model.Run(frame);
        float least = float.PositiveInfinity, greatest = float.NegativeInfinity;
        for (int o = 0; o < model.Engine.Results.Count; o++)
        {
            foreach (float value in model.Engine.Results.Data(o))
            {
                if (!float.IsFinite(value))
                {
                    throw new EdgeVisionException($"an output is {value.ToString(CultureInfo.InvariantCulture)}; times of numbers that are not finite say nothing");
                }

                (least, greatest) = (Math.Min(least, value), Math.Max(greatest, value));
            }
        }

        return (least, greatest);
    }
}
