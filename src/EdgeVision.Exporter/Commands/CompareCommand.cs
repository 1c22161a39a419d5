using System.Globalization;
using System.Text.Json;
using EdgeVision.Exporter.Reports;
using EdgeVision.Exporter.Training;
using Spectre.Console;

namespace EdgeVision.Exporter.Commands;

/// <summary>Compares one metric of several runs as a plot and a table.</summary>
internal static class CompareCommand
{
    public static void Run(IAnsiConsole console, string[] runs, string metric, string output, string? title)
    {
        var curves = runs.Select(r => (Name: Path.GetFileName(Path.TrimEndingDirectorySeparator(r)), Values: Read(r, metric))).ToArray();
        CurvePlots.SaveComparison(output, title ?? metric, metric, curves);
        var table = new Table().Border(TableBorder.Rounded).AddColumn("epoch");
        foreach (var (name, _) in curves)
        {
            table.AddColumn(new TableColumn(Markup.Escape(name)).RightAligned());
        }

        for (int e = 0; e < curves.Max(c => c.Values.Length); e++)
        {
            table.AddRow(
                [(e + 1).ToString(CultureInfo.InvariantCulture),
                    .. curves.Select(c => e < c.Values.Length && double.IsFinite(c.Values[e])
                        ? c.Values[e].ToString("F4", CultureInfo.InvariantCulture)
                        : "")]);
        }

        console.Write(table);
        console.MarkupLineInterpolated($"wrote {output}");
    }

    private static double[] Read(string run, string metric)
    {
        string file = Path.Combine(run, "log.json");
        if (!File.Exists(file))
        {
            throw new EdgeVisionException($"'{run}' is not a run folder: it has no log.json");
        }

        var history = JsonSerializer.Deserialize<EpochResult[]>(File.ReadAllText(file), new JsonSerializerOptions(JsonSerializerDefaults.Web))
            ?? [];
        double[] values =
        [
            .. history.Select(r => r.Metrics.TryGetValue(metric, out double m)
                ? m
                : r.Losses.TryGetValue(metric, out double l) ? l : double.NaN)
        ];
        return values.Any(double.IsFinite)
            ? values
            : throw new EdgeVisionException($"Metric of run '{run}' must be one of "
                + $"{string.Join(", ", history.SelectMany(r => r.Losses.Keys.Concat(r.Metrics.Keys)).Distinct())}; got '{metric}'");
    }
}
