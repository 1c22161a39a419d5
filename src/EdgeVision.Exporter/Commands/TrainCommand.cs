using System.Globalization;
using EdgeVision.Exporter.Architectures;
using EdgeVision.Exporter.Authoring;
using EdgeVision.Exporter.Data;
using EdgeVision.Exporter.Evaluation;
using EdgeVision.Exporter.Training;
using Spectre.Console;
using TorchSharp;

namespace EdgeVision.Exporter.Commands;

/// <summary>Trains an architecture with a progress bar and a table of losses; the checkpoint is written after each epoch.</summary>
internal static class TrainCommand
{
    private const int HeldOutSeedOffset = 1_000_000; // scenes that no training seed draws

    public static void Run(IAnsiConsole console, FpnDetector architecture, TrainSettings settings, string path, bool resume)
    {
        TorchSetup.Initialize(Math.Min(2, Environment.ProcessorCount));
        Checkpoint? checkpoint = null;
        if (resume)
        {
            checkpoint = File.Exists(path) ? Checkpoint.Load(path) : throw new EdgeVisionException($"there is no checkpoint {path} to resume from");
            if (checkpoint.Architecture != architecture.Name)
            {
                throw new EdgeVisionException($"{path} is a checkpoint of {checkpoint.Architecture}, not of {architecture.Name}");
            }

            settings = checkpoint.Settings;
        }

        using var trainer = new DetectorTrainer(architecture, settings, checkpoint);
        console.MarkupLineInterpolated(CultureInfo.InvariantCulture,
            $"[bold]{architecture.Name}[/]: {trainer.Weights.ParameterCount:N0} parameters, {settings.Samples} scenes, {settings.Epochs} epochs, seed {settings.Seed}");
        console.Progress().Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn()).Start(progress =>
        {
            var input = architecture.Spec.Input;
            var drawing = progress.AddTask("drawing scenes", maxValue: settings.Samples + settings.HeldOut);
            var training = DetectionSet.Create(settings.Samples, i => DrawnScenes.Draw(settings.Seed, i), input, architecture.Anchors, () => drawing.Increment(1));
            var heldOut = DetectionSet.Create(settings.HeldOut, i => DrawnScenes.Draw(HeldOutSeed(settings.Seed), i), input, architecture.Anchors, () => drawing.Increment(1));
            while (trainer.History.Count < settings.Epochs)
            {
                var bar = progress.AddTask($"epoch {trainer.History.Count + 1}/{settings.Epochs}");
                var row = trainer.RunEpoch(training, weights => MeanAveragePrecision(architecture, weights, heldOut), (done, steps, loss) =>
                {
                    bar.MaxValue = steps;
                    bar.Value = done;
                    bar.Description = string.Create(CultureInfo.InvariantCulture, $"epoch {trainer.History.Count + 1}/{settings.Epochs} loss {loss:F3}");
                });
                trainer.Snapshot().Save(path);
                bar.Description = string.Create(CultureInfo.InvariantCulture, $"epoch {row.Epoch}/{settings.Epochs} loss {row.Loss:F3} mAP@0.5 {row.Map50:F3}");
                if (!console.Profile.Capabilities.Interactive)
                {
                    Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"epoch {row.Epoch} loss {row.Loss:F4} mAP@0.5 {row.Map50:F3} {row.Seconds:F0} s"));
                }
            }
        });

        var table = new Table().Border(TableBorder.Rounded);
        foreach (string column in new[] { "epoch", "loss", "classes", "boxes", "mAP@0.5", "seconds" })
        {
            table.AddColumn(new TableColumn(column).RightAligned());
        }

        foreach (var row in trainer.History)
        {
            table.AddRow([.. new FormattableString[] { $"{row.Epoch}", $"{row.Loss:F4}", $"{row.ClassLoss:F4}", $"{row.BoxLoss:F4}", $"{row.Map50:F3}", $"{row.Seconds:F1}" }.Select(FormattableString.Invariant)]);
        }

        console.Write(table);
        console.MarkupLineInterpolated(CultureInfo.InvariantCulture, $"checkpoint: {path} ({trainer.History.Sum(r => r.Seconds):F0} s of training)");
    }

    /// <summary>Seed of the scenes that a run with <paramref name="seed"/> never sees.</summary>
    public static int HeldOutSeed(int seed) => seed + HeldOutSeedOffset;

    private static double MeanAveragePrecision(FpnDetector architecture, WeightStore weights, DetectionSet set)
    {
        var spec = architecture.Spec;
        var precision = new AveragePrecision(spec.Labels.Length);
        var result = new VisionResult();
        OutputDecoder? decoder = null;
        for (int start = 0; start < set.Count; start += 16)
        {
            using var scope = torch.NewDisposeScope();
            using var noGradient = torch.no_grad();
            var items = Enumerable.Range(start, Math.Min(16, set.Count - start)).Select(i => set[i]).ToArray();
            var outputs = architecture.Forward(new TorchNet(weights, training: false), TorchNet.Wrap(DetectorTrainer.Batch(items, spec.Input)));
            var tensors = new ArrayTensorSet([.. outputs.Select(o => (o.Name, o.Value.Shape, OnnxNet.Floats(TorchNet.Unwrap(o.Value))))]);
            decoder ??= DecoderFactory.Create(spec, spec.Outputs[0],
                [.. outputs.Select(o => new TensorInfo(o.Name, [-1, .. o.Value.Shape[1..]], TensorElement.Float32))],
                new DecoderOptions(DetectionEvaluation.LowestScore, spec.Thresholds.Iou, spec.Thresholds.MaxDetections, spec.Thresholds.ClassAgnostic));
            for (int i = 0; i < items.Length; i++)
            {
                decoder.Decode(tensors, i, items[i].Transform, result);
                precision.Add(result.Detections, items[i].Objects);
            }
        }

        return precision.Mean();
    }
}
