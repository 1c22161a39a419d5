using System.Globalization;
using EdgeVision.Exporter.Data;
using EdgeVision.Exporter.Training;
using Spectre.Console;

namespace EdgeVision.Exporter.Commands;

/// <summary>Inspects the training images of a config and reports likely mistakes.</summary>
internal static class InspectDataCommand
{
    public static void Run(IAnsiConsole console, string configPath, string? sheet, int count)
    {
        var config = TrainConfig.Load(configPath);
        var (architecture, source) = EdgeVision.Exporter.Training.TrainingRun.Open(config);
        var report = new DataReport(source.Labels);
        var placed = new List<LabelledImage>();
        console.Progress().Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(),
            new RemainingTimeColumn()).Start(progress =>
        {
            var bar = progress.AddTask("reading", maxValue: source.Count);
            for (int i = 0; i < source.Count; i++)
            {
                var picture = source.Load(i);
                report.Add(picture);
                if (i < 500)
                {
                    placed.Add(picture with { Rgb = [] });
                }

                bar.Increment(1);
            }
        });
        var table = new Table().Border(TableBorder.Rounded).AddColumn("label").AddColumn(new TableColumn("count").RightAligned());
        foreach (var (label, number) in report.Counts)
        {
            table.AddRow(Markup.Escape(label), number.ToString("N0", CultureInfo.InvariantCulture));
        }

        console.Write(table);
        console.MarkupLineInterpolated($"{source.Description}; {report.SizeSummary}");
        foreach (string problem in source.Problems.Concat(report.Problems).Concat(architecture.Heads.SelectMany(h => h.Inspect(placed))))
        {
            console.MarkupLineInterpolated($"[yellow]warning:[/] {problem}");
        }

        if (sheet is not null)
        {
            var few = new FirstImagesSource(source, Math.Min(count, source.Count));
            var set = new TrainingSet(few, architecture, config.Augment, config.Training.Seed);
            ContactSheet.Save(sheet, [.. Enumerable.Range(0, few.Count).Select(set.GetAugmentedImage)], source.Labels, 4);
            console.MarkupLineInterpolated($"wrote {sheet}");
        }
    }

    private sealed class FirstImagesSource(LabelledImageSource source, int count) : LabelledImageSource
    {
        public override string Description => source.Description;

        public override int Count => count;

        public override DataLabels Labels => source.Labels;

        public override LabelledImage Load(int index) => source.Load(index);
    }
}
