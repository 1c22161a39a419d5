using System.Globalization;
using EdgeVision.Exporter.Architectures;
using EdgeVision.Exporter.Data;
using EdgeVision.Exporter.Evaluation;
using EdgeVision.Exporter.Export;
using EdgeVision.Exporter.Training;
using EdgeVision.Onnx;
using EdgeVision.Specs;
using Spectre.Console;
using TorchSharp;

namespace EdgeVision.Exporter.Commands;

/// <summary>Exports a run as a bundle with a model card.</summary>
/// <remarks>
/// Writes the graph, compares it with TorchSharp, measures the file with the runtime on images that were not used for training,
/// and stores the spec, the results and a self-test inside; the model card is written beside it.
/// </remarks>
internal static class ExportCommand
{
    public static BundleSummary Run(IAnsiConsole console, string run, string? path, ExportOptions options)
    {
        TorchSetup.Initialize(Math.Min(2, Environment.ProcessorCount));
        string file = Directory.Exists(run) ? Path.Combine(run, "checkpoint.safetensors") : run;
        if (!File.Exists(file))
        {
            throw new EdgeVisionException($"Run or checkpoint '{run}' does not exist; create one with 'train'");
        }

        var checkpoint = Checkpoint.Load(file);
        var config = TrainConfig.Parse(checkpoint.Config, file);
        var architecture = ArchitectureCatalog.Create(config.Architecture, config.Model.ToSettings(config.Name, checkpoint.Labels));
        using var weights = Trainer.CreateWeights(architecture, config.Training.Seed);
        weights.Load(checkpoint.ModelWeights);
        path ??= Path.Combine("models", $"{config.Name}.onnx");

        var test = EdgeVision.Exporter.Training.TrainingRun.OpenSource(config.Data.Test ?? config.Data.Validation ?? config.Data.Train!, architecture);
        var model = OnnxExporter.Write(architecture, weights, options);
        var parity = MeasureParity(architecture, weights, model.ToBytes(), test);
        parity.ThrowIfAboveLimit();
        console.MarkupLineInterpolated(CultureInfo.InvariantCulture,
            $"parity with TorchSharp, batch 1 and 3: max abs {parity.MaxAbsolute:E2}, of the range {parity.MaxRelative:E2}");

        var spec = OnnxExporter.ApplyOptions(model, architecture.Spec, options);
        IReadOnlyDictionary<string, double> metrics = new Dictionary<string, double>();
        console.Progress().Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(),
            new RemainingTimeColumn()).Start(progress =>
        {
            var bar = progress.AddTask("measuring", maxValue: test.Count);
            metrics = WithFile(model, spec, candidate => BundleEvaluator.Run(candidate, architecture, test, done => bar.Value = done));
        });
        console.MarkupLineInterpolated(CultureInfo.InvariantCulture,
            $"measured by the runtime on {test.Description}: {string.Join(", ", metrics.Select(m => $"{m.Key} {m.Value:F4}"))}");

        double seconds = checkpoint.Progress.History.Sum(r => r.Seconds);
        spec = spec with
        {
            Provenance = new ProvenanceSpec
            {
                Architecture = architecture.Name,
                TrainedOn = string.Create(CultureInfo.InvariantCulture,
                    $"{EdgeVision.Exporter.Training.TrainingRun.OpenSource(config.Data.Train!, architecture).Description}, {checkpoint.Progress.History.Count} epochs"),
                ExporterVersion = OnnxExporter.Version,
                WeightsSha256 = OnnxExporter.WeightsSha256(weights),
                Notes = "Apache-2.0",
                Metrics = metrics.Select(m => (m.Key, Math.Round(m.Value, 4)))
                    .Concat(
                        [("parity_max_abs", parity.MaxAbsolute), ("parity_max_relative", parity.MaxRelative),
                            ("train_seconds", Math.Round(seconds)), ("parameters", (double)weights.ParameterCount)])
                    .ToDictionary(m => m.Item1, m => m.Item2),
            },
        };
        model.SetMetadata(ModelSpec.MetadataKey, ModelSpecJson.Serialize(spec));
        model.Save(path);
        GoldenWriter.Write(path, test.Load(0));
        var figures = new BundleSummary(config, architecture, spec, checkpoint.Progress.History, test.Description, metrics, parity,
            weights.ParameterCount, options, new FileInfo(path).Length, run);
        string card = Path.ChangeExtension(path, ".md");
        File.WriteAllText(card, ModelCard.Write(figures));
        console.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"wrote {path} ({new FileInfo(path).Length / 1e6:F2} MB) and {card}");
        return figures;
    }

    // The runtime reads files only, and the bundle itself is written after its metrics are known.
    private static T WithFile<T>(OnnxModel model, ModelSpec spec, Func<string, T> use)
    {
        string folder = Directory.CreateTempSubdirectory("edgevision-export").FullName;
        try
        {
            string path = Path.Combine(folder, "candidate.onnx");
            model.SetMetadata(ModelSpec.MetadataKey, ModelSpecJson.Serialize(spec));
            model.Save(path);
            return use(path);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Parity MeasureParity(Architecture architecture, EdgeVision.Exporter.Authoring.WeightStore weights, byte[] model, LabelledImageSource pictures)
    {
        using var scope = torch.NewDisposeScope();
        var input = architecture.Spec.Input;
        var samples = Enumerable.Range(0, 4).Select(i =>
        {
            var picture = pictures.Load(i % pictures.Count);
            InputFitter.Fit(picture, input, out byte[] planes, out var transform);
            return new TrainingSample(planes, [], transform, picture);
        }).ToArray();
        torch.random.manual_seed(1);
        torch.Tensor[] inputs =
        [
            torch.randn(1, 3, input.Height, input.Width),
            torch.randn(3, 3, input.Height, input.Width),
            TrainingSet.ToTensor(samples[..1], input),
            TrainingSet.ToTensor(samples[1..], input),
        ];
        return Parity.Measure(architecture, weights, model, inputs);
    }
}
