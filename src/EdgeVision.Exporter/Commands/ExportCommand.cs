using System.Globalization;
using EdgeVision.Exporter.Architectures;
using EdgeVision.Exporter.Data;
using EdgeVision.Exporter.Evaluation;
using EdgeVision.Exporter.Export;
using EdgeVision.Exporter.Training;
using EdgeVision.Onnx;
using Spectre.Console;
using TorchSharp;

namespace EdgeVision.Exporter.Commands;

/// <summary>
/// Checkpoint to bundle: writes the graph, compares it with TorchSharp, measures it on scenes that training never saw, and
/// stores spec and figures inside; the model card goes beside it.
/// </summary>
internal static class ExportCommand
{
    private const int EvaluationScenes = 300;

    public static void Run(IAnsiConsole console, string checkpointPath, string path, int opset)
    {
        TorchSetup.Initialize(Math.Min(2, Environment.ProcessorCount));
        var checkpoint = Checkpoint.Load(checkpointPath);
        var architecture = (FpnDetector)ArchitectureCatalog.Find(checkpoint.Architecture);
        using var weights = DetectorTrainer.CreateWeights(architecture, checkpoint.Settings.Seed);
        weights.Load(checkpoint.Tensors);

        var model = OnnxExporter.Write(architecture, weights, opset);
        int heldOutSeed = TrainCommand.HeldOutSeed(checkpoint.Settings.Seed);
        var parity = MeasureParity(architecture, weights, model.ToBytes(), heldOutSeed);
        parity.Require();
        console.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"parity with TorchSharp, batch 1 and 3: max abs {parity.MaxAbsolute:E2}, of the range {parity.MaxRelative:E2}");

        var evaluation = Evaluate(model, architecture.Spec, heldOutSeed + 1);
        console.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"mAP@0.5 {evaluation.Map50:F4}, mAP@0.75 {evaluation.Map75:F4} on {evaluation.Scenes} held-out scenes");

        double seconds = checkpoint.History.Sum(r => r.Seconds);
        string trainedOn = string.Create(CultureInfo.InvariantCulture,
            $"{checkpoint.Settings.Samples} drawn scenes (seed {checkpoint.Settings.Seed}), {checkpoint.History.Count} epochs");
        var spec = architecture.Spec with
        {
            Provenance = new ProvenanceSpec
            {
                Architecture = architecture.Name,
                TrainedOn = trainedOn,
                ExporterVersion = OnnxExporter.Version,
                WeightsSha256 = OnnxExporter.WeightsSha256(weights),
                Notes = "Apache-2.0",
                Metrics = new Dictionary<string, double>
                {
                    ["map50"] = Math.Round(evaluation.Map50, 4),
                    ["map75"] = Math.Round(evaluation.Map75, 4),
                    ["parity_max_abs"] = parity.MaxAbsolute,
                    ["parity_max_relative"] = parity.MaxRelative,
                    ["train_seconds"] = Math.Round(seconds),
                    ["parameters"] = weights.ParameterCount,
                },
            },
        };
        model.SetMetadata(ModelSpec.MetadataKey, ModelSpecJson.Serialize(spec));
        model.Save(path);
        string card = Path.ChangeExtension(path, ".md");
        File.WriteAllText(card, ModelCard.Write(architecture, spec, checkpoint, evaluation, parity, weights.ParameterCount, opset, new FileInfo(path).Length));
        console.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"wrote {path} ({new FileInfo(path).Length / 1e6:F2} MB) and {card}");
    }

    // The runtime reads files; the bundle itself is written when its figures are known.
    private static DetectionEvaluation Evaluate(OnnxModel model, ModelSpec spec, int seed)
    {
        string folder = Directory.CreateTempSubdirectory("edgevision-export").FullName;
        try
        {
            string path = Path.Combine(folder, "candidate.onnx");
            model.SetMetadata(ModelSpec.MetadataKey, ModelSpecJson.Serialize(spec));
            model.Save(path);
            return DetectionEvaluation.Run(path, EvaluationScenes, seed);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    private static Parity MeasureParity(FpnDetector architecture, Authoring.WeightStore weights, byte[] model, int seed)
    {
        using var scope = torch.NewDisposeScope();
        var input = architecture.Spec.Input;
        var drawn = DetectionSet.Create(4, i => DrawnScenes.Draw(seed, i), input, architecture.Anchors);
        torch.random.manual_seed(seed);
        torch.Tensor[] inputs =
        [
            torch.randn(1, 3, input.Height, input.Width),
            torch.randn(3, 3, input.Height, input.Width),
            DetectorTrainer.Batch([drawn[0]], input),
            DetectorTrainer.Batch([drawn[1], drawn[2], drawn[3]], input),
        ];
        return Parity.Measure(architecture, weights, model, inputs);
    }
}
