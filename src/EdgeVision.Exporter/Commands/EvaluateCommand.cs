using System.Globalization;
using EdgeVision.Exporter.Evaluation;
using EdgeVision.Exporter.Training;
using Spectre.Console;

namespace EdgeVision.Exporter.Commands;

/// <summary>Measures a bundle with the runtime.</summary>
internal static class EvaluateCommand
{
    public static void Run(IAnsiConsole console, string model, string configPath)
    {
        if (!File.Exists(model))
        {
            throw new EdgeVisionException($"Model '{model}' does not exist");
        }

        var config = TrainConfig.Load(configPath);
        var (architecture, _) = EdgeVision.Exporter.Training.TrainingRun.Open(config);
        var test = EdgeVision.Exporter.Training.TrainingRun.OpenSource(config.Data.Test ?? config.Data.Validation ?? config.Data.Train!, architecture);
        IReadOnlyDictionary<string, double> metrics = new Dictionary<string, double>();
        console.Progress().Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(),
            new RemainingTimeColumn()).Start(progress =>
        {
            var bar = progress.AddTask("measuring", maxValue: test.Count);
            metrics = BundleEvaluator.Run(model, architecture, test, done => bar.Value = done);
        });
        var table = new Table().Border(TableBorder.Rounded).AddColumn("metric").AddColumn(new TableColumn("value").RightAligned());
        foreach (var (name, value) in metrics)
        {
            table.AddRow(name, value.ToString("F4", CultureInfo.InvariantCulture));
        }

        console.Write(table);
        console.MarkupLineInterpolated($"on {test.Description}");
    }
}
