using System.Globalization;
using EdgeVision.Exporter.Training;
using Spectre.Console;

namespace EdgeVision.Exporter.Commands;

/// <summary>Trains a model from a config, with progress bars, warnings and a table of epochs.</summary>
internal static class TrainCommand
{
    /// <summary>Values of a config that the command line overrides.</summary>
    public sealed record Overrides(int? Epochs, int? Batch, int? Seed, double? LearningRate, int? Overfit);

    public static void Run(IAnsiConsole console, string configPath, string? folder, Overrides overrides, bool resume,
        CancellationToken cancellationToken)
    {
        TorchSetup.Initialize(Math.Min(2, Environment.ProcessorCount));
        var config = ApplyOverrides(TrainConfig.Load(configPath), overrides);
        folder ??= Path.Combine("runs", config.Name);
        if (!resume && File.Exists(Path.Combine(folder, "checkpoint.safetensors")))
        {
            console.MarkupLineInterpolated(
                $"[yellow]warning:[/] {folder} already contains a run, which is restarted; use --resume to continue it");
        }

        IReadOnlyList<EpochResult> history = [];
        console.Progress().AutoClear(false).Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(),
            new RemainingTimeColumn()).Start(progress =>
            history = new TrainingRun(config, folder, new Listener(console, progress)).Start(resume, cancellationToken: cancellationToken));
        console.Write(Table(history));
        console.MarkupLineInterpolated(CultureInfo.InvariantCulture,
            $"run: {folder} ({history.Sum(r => r.Seconds):F0} s of training); export it with: export {folder}");
    }

    /// <summary>Returns the config with the overrides applied.</summary>
    /// <remarks>Overfitting trains and measures on the same first images.</remarks>
    internal static TrainConfig ApplyOverrides(TrainConfig config, Overrides o)
    {
        var training = config.Training with
        {
            Epochs = o.Epochs ?? config.Training.Epochs,
            Batch = o.Batch ?? config.Training.Batch,
            Seed = o.Seed ?? config.Training.Seed,
            LearningRate = o.LearningRate ?? config.Training.LearningRate,
        };
        config = config with { Training = training };
        if (o.Overfit is not { } count)
        {
            return config;
        }

        var few = config.Data.Train! with { Take = count };
        return config with
        {
            Name = $"{config.Name}-overfit{count}",
            Augment = null,
            Data = config.Data with { Train = few, Validation = few, Test = few },
        };
    }

    private static Table Table(IReadOnlyList<EpochResult> history)
    {
        var table = new Table().Border(TableBorder.Rounded);
        string[] losses = [.. history.SelectMany(r => r.Losses.Keys).Distinct().Where(k => k != "gradient")],
            metrics = [.. history.SelectMany(r => r.Metrics.Keys).Distinct()];
        foreach (string column in (string[])["epoch", .. losses, .. metrics, "seconds"])
        {
            table.AddColumn(new TableColumn(column).RightAligned());
        }

        foreach (var row in history)
        {
            table.AddRow(
            [
                row.Epoch.ToString(CultureInfo.InvariantCulture),
                .. losses.Select(l => Number(row.Losses, l)),
                .. metrics.Select(m => Number(row.Metrics, m)),
                row.Seconds.ToString("F1", CultureInfo.InvariantCulture),
            ]);
        }

        return table;
    }

    private static string Number(IReadOnlyDictionary<string, double> row, string name) =>
        row.TryGetValue(name, out double v) ? v.ToString("F4", CultureInfo.InvariantCulture) : "";

    private sealed class Listener(IAnsiConsole console, ProgressContext progress) : IRunListener
    {
        private readonly Dictionary<string, ProgressTask> _bars = [];
        private readonly bool _interactive = console.Profile.Capabilities.Interactive;

        public void Info(string line) => console.MarkupLineInterpolated($"{line}");

        public void Warn(string line) => console.MarkupLineInterpolated($"[yellow]warning:[/] {line}");

        // Called on loader threads.
        public void ReportLoading(string what, int done, int count)
        {
            lock (_bars)
            {
                Bar(what, count).Value = done;
            }
        }

        public void ReportStep(int epoch, int epochs, int done, int steps, double loss)
        {
            lock (_bars)
            {
                var bar = Bar($"epoch {epoch}/{epochs}", steps);
                bar.Value = done;
                bar.Description = string.Create(CultureInfo.InvariantCulture, $"epoch {epoch}/{epochs} loss {loss:F3}");
            }
        }

        public void ReportEpoch(EpochResult row)
        {
            if (!_interactive)
            {
                string metrics = string.Join("  ",
                    row.Metrics.Select(m => string.Create(CultureInfo.InvariantCulture, $"{m.Key} {m.Value:F4}")));
                Console.WriteLine(
                    string.Create(CultureInfo.InvariantCulture,
                        $"epoch {row.Epoch}  loss {row.Losses["loss"]:F4}  {metrics}  {row.Seconds:F0} s"));
            }
        }

        private ProgressTask Bar(string name, int count)
        {
            if (!_bars.TryGetValue(name, out var bar))
            {
                _bars[name] = bar = progress.AddTask(Markup.Escape(name), maxValue: count);
            }

            return bar;
        }
    }
}
