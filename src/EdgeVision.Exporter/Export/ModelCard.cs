using System.Globalization;
using System.Text;
using EdgeVision.Exporter.Architectures;
using EdgeVision.Exporter.Data;
using EdgeVision.Exporter.Evaluation;
using EdgeVision.Exporter.Training;

namespace EdgeVision.Exporter.Export;

/// <summary>The card that lies beside a bundle: what it is, on what it learned, how good it is.</summary>
internal static class ModelCard
{
    public static string Write(FpnDetector architecture, ModelSpec spec, Checkpoint checkpoint, DetectionEvaluation evaluation,
        Parity parity, long parameters, int opset, long bytes)
    {
        var text = new StringBuilder();
        void Line(FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture));
        var settings = checkpoint.Settings;
        var analysis = architecture.Analyze();
        Line($"# {spec.Name}");
        Line($"");
        Line($"{architecture.Description}. Finds {string.Join(", ", DrawnScenes.Labels)} in drawn scenes; it shows the way from authoring to deployment and is no detector of everyday objects.");
        Line($"");
        Line($"| | |");
        Line($"|---|---|");
        Line($"| Architecture | `{architecture.Name}` |");
        Line($"| Parameters | {parameters:N0} |");
        Line($"| Multiply-accumulates | {analysis.MultiplyAccumulates / 1e6:F0} million a picture |");
        Line($"| File | {bytes / 1e6:F2} MB, float32, ONNX opset {opset} |");
        Line($"| Input | `{spec.Input.Name}` [N,3,{spec.Input.Height},{spec.Input.Width}], RGB, letterboxed; the batch is open |");
        Line($"| Outputs | `cls_logits` [N,A,{DrawnScenes.Labels.Count}], `bbox_regression` [N,A,4], A = {architecture.Anchors.All(spec.Input.Width, spec.Input.Height).Length} anchors |");
        Line($"| Licence | Apache-2.0 |");
        Line($"");
        Line($"## Data");
        Line($"");
        Line($"{settings.Samples} scenes drawn by the exporter (seed {settings.Seed}): six shapes in varied colour, texture, size, rotation and stretch over gradients, noise and clutter, under uneven light, with sensor noise. Held-out scenes come from other seeds.");
        Line($"");
        Line($"## Training");
        Line($"");
        Line($"{checkpoint.History.Count} epochs, batch {settings.BatchSize}, AdamW, learning rate {settings.LearningRate} with warm-up and cosine; focal loss and smooth L1; {checkpoint.History.Sum(r => r.Seconds):F0} seconds on two CPU cores.");
        Line($"");
        Line($"| Epoch | Loss | Classes | Boxes | mAP@0.5 ({settings.HeldOut} held-out scenes) | Seconds |");
        Line($"|---:|---:|---:|---:|---:|---:|");
        foreach (var row in checkpoint.History)
        {
            Line($"| {row.Epoch} | {row.Loss:F4} | {row.ClassLoss:F4} | {row.BoxLoss:F4} | {row.Map50:F3} | {row.Seconds:F0} |");
        }

        Line($"");
        Line($"## Measured");
        Line($"");
        Line($"The exported file, run by the runtime, on {evaluation.Scenes} scenes ({evaluation.Objects} objects) that neither training nor its table saw:");
        Line($"");
        Line($"| | |");
        Line($"|---|---:|");
        Line($"| mAP@0.5 | {evaluation.Map50:F4} |");
        Line($"| mAP@0.75 | {evaluation.Map75:F4} |");
        for (int c = 0; c < DrawnScenes.Labels.Count; c++)
        {
            Line($"| AP@0.5 {DrawnScenes.Labels[c]} | {evaluation.PerClass50[c]:F4} |");
        }

        Line($"");
        Line($"Against TorchSharp on random and drawn inputs at batch 1 and 3: largest absolute difference {parity.MaxAbsolute:E2}, {parity.MaxRelative:E2} of the output's range.");
        Line($"");
        Line($"## Make it again");
        Line($"");
        Line($"```sh");
        Line($"dotnet run -c Release --project src/EdgeVision.Exporter -- train {architecture.Name} --epochs {settings.Epochs} --samples {settings.Samples} --seed {settings.Seed} --learning-rate {settings.LearningRate} --out runs/{spec.Name}.safetensors");
        Line($"dotnet run -c Release --project src/EdgeVision.Exporter -- export runs/{spec.Name}.safetensors --out models/{spec.Name}.onnx");
        Line($"```");
        return text.ToString();
    }
}
