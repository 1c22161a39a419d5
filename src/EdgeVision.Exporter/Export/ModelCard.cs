using System.Globalization;
using System.Text;
using EdgeVision.Exporter.Architectures;
using EdgeVision.Exporter.Training;
using EdgeVision.Specs;

namespace EdgeVision.Exporter.Export;

/// <summary>Data of an exported bundle for its model card.</summary>
internal sealed record BundleSummary(TrainConfig Config, Architecture Architecture, ModelSpec Spec, IReadOnlyList<EpochResult> History,
    string TestData,
    IReadOnlyDictionary<string, double> Metrics, Parity Parity, long Parameters, ExportOptions Options, long Bytes, string Run);

/// <summary>Writes the model card of a bundle: description, training data, training and metrics.</summary>
internal static class ModelCard
{
    public static string Write(BundleSummary f)
    {
        var text = new StringBuilder();
        void Line(FormattableString line) => text.AppendLine(line.ToString(CultureInfo.InvariantCulture));
        var (config, spec, settings) = (f.Config, f.Spec, f.Config.Training);
        var analysis = f.Architecture.Analyze();
        var outputs = f.Architecture.Forward(new EdgeVision.Exporter.Authoring.AnalysisNet(), new EdgeVision.Exporter.Authoring.Value(-1, 3, spec.Input.Height, spec.Input.Width));
        Line($"# {spec.Name}");
        Line($"");
        Line($"{f.Architecture.Description}. {config.About.ReplaceLineEndings(" ").Trim()}");
        Line($"");
        Line($"| | |");
        Line($"|---|---|");
        string channels = config.Model.Channels == 1
            ? ""
            : string.Create(CultureInfo.InvariantCulture, $", channels x {config.Model.Channels}");
        Line($"| Architecture | `{f.Architecture.Name}`{channels} |");
        Line($"| Task | {spec.Task} |");
        Line($"| Parameters | {f.Parameters:N0} |");
        Line($"| Multiply-accumulates | {analysis.MultiplyAccumulates / 1e6:F1} million per image |");
        string precision = f.Options.Half ? "float16" : "float32", suppression = f.Options.SuppressionInGraph ? ", suppression inside" : "";
        Line($"| File | {f.Bytes / 1e6:F2} MB, {precision}{suppression}, ONNX opset {f.Options.Opset}, self-test inside |");
        string shape = spec.Input.Layout == TensorLayout.Nchw
            ? $"[N,3,{spec.Input.Height},{spec.Input.Width}]"
            : $"[N,{spec.Input.Height},{spec.Input.Width},3]";
        string order = spec.Input.ColorOrder.ToString().ToUpperInvariant(), resize = spec.Input.Resize.Mode.ToString().ToLowerInvariant();
        Line($"| Input | `{spec.Input.Name}` {shape}, {order}, {resize}; the batch is open |");
        Line($"| Outputs | {string.Join(", ", outputs.Select(o => $"`{o.Name}` {o.Value.ToString().Replace('?', 'N')}"))} |");
        if (spec.Labels.Length > 0)
        {
            string classes = spec.Labels.Length <= 12
                ? string.Join(", ", spec.Labels)
                : string.Join(", ", spec.Labels.Take(10)) + $" … ({spec.Labels.Length})";
            Line($"| Classes | {classes} |");
        }

        Line($"| Licence | Apache-2.0 |");
        Line($"");
        Line($"## Data");
        Line($"");
        Line($"{config.Data.About.ReplaceLineEndings(" ").Trim()}");
        Line($"Trained on {spec.Provenance!.TrainedOn}; measured on {f.TestData}.");
        Line($"");
        Line($"## Training");
        Line($"");
        string rate = string.Create(CultureInfo.InvariantCulture, $"learning rate {settings.LearningRate} ({settings.Schedule})");
        string average = settings.Ema > 0 ? string.Create(CultureInfo.InvariantCulture, $", averaged weights ({settings.Ema})") : "";
        string seconds = f.History.Sum(r => r.Seconds).ToString("F0", CultureInfo.InvariantCulture);
        string machine = "on two CPU cores (other work may have run beside it)";
        Line($"{f.History.Count} epochs, batch {settings.Batch}, AdamW, {rate}{average}; {seconds} seconds {machine}.");
        Line($"");
        string[] losses = [.. f.History.SelectMany(r => r.Losses.Keys).Distinct().Where(k => k != "gradient")],
            metrics = [.. f.History.SelectMany(r => r.Metrics.Keys).Distinct()];
        Line($"| epoch | {string.Join(" | ", losses.Concat(metrics))} | seconds |");
        Line($"|---:|{string.Concat(Enumerable.Repeat("---:|", losses.Length + metrics.Length + 1))}");
        // About twenty rows are enough for long runs.
        int every = (f.History.Count + 19) / 20;
        foreach (var row in f.History.Where(r => r.Epoch % every == 0 || r.Epoch == f.History.Count))
        {
            string Cell(IReadOnlyDictionary<string, double> values, string name) =>
                values.TryGetValue(name, out double v) ? v.ToString("F4", CultureInfo.InvariantCulture) : "";
            string cells = string.Join(" | ", losses.Select(l => Cell(row.Losses, l)).Concat(metrics.Select(m => Cell(row.Metrics, m))));
            Line($"| {row.Epoch} | {cells} | {row.Seconds:F0} |");
        }

        Line($"");
        Line($"## Measured");
        Line($"");
        string test = f.Config.Name.Contains("overfit", StringComparison.Ordinal)
            ? "on the same images that it was overfitted on, which checks that labels are read correctly"
            : "on images that were not used for training";
        Line($"The exported file, run by the runtime, {test}:");
        Line($"");
        Line($"| metric | |");
        Line($"|---|---:|");
        foreach (var (name, value) in f.Metrics)
        {
            Line($"| {name} | {value:F4} |");
        }

        Line($"");
        string difference = string.Create(CultureInfo.InvariantCulture,
            $"{f.Parity.MaxAbsolute:E2}, {f.Parity.MaxRelative:E2} of the output's range");
        Line($"Against TorchSharp on random and real inputs at batch 1 and 3: largest absolute difference {difference}.");
        Line($"");
        Line($"## Make it again");
        Line($"");
        Line($"```sh");
        Line($"dotnet run -c Release --project src/EdgeVision.Exporter -- train models/recipes/{config.Name}.yaml");
        Line($"dotnet run -c Release --project src/EdgeVision.Exporter -- export runs/{config.Name}");
        Line($"```");
        return text.ToString();
    }
}
