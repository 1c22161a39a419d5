using EdgeVision.Exporter.Training;
using ScottPlot;

namespace EdgeVision.Exporter.Reports;

/// <summary>Plots the curves of runs as PNG.</summary>
public static class CurvePlots
{
    private const int Width = 1000;
    private const int Height = 420;

    /// <summary>Plots the losses and the metrics of one run, one above the other.</summary>
    public static void Save(string path, string title, IReadOnlyList<EpochResult> history)
    {
        ArgumentNullException.ThrowIfNull(history);
        _ = EmbeddedFont.Instance;
        var multiplot = new Multiplot();
        multiplot.AddPlots(2);
        var (losses, metrics) = (multiplot.Subplots.GetPlot(0), multiplot.Subplots.GetPlot(1));
        Fill(losses, title, "loss", history, r => r.Losses, name => name != "gradient");
        Fill(metrics, "", "validation", history, r => r.Metrics,
            name => !name.EndsWith("rmse", StringComparison.Ordinal) && !name.EndsWith("meanDistance", StringComparison.Ordinal));
        multiplot.SavePng(path, Width, Height * 2);
    }

    /// <summary>Plots one metric of several runs.</summary>
    /// <param name="path">PNG to write.</param>
    /// <param name="title">Title of the plot.</param>
    /// <param name="axis">Name of the metric.</param>
    /// <param name="runs">Name and values by epoch of each run; NaN for epochs without a measurement.</param>
    public static void SaveComparison(string path, string title, string axis, IReadOnlyList<(string Name, double[] Values)> runs)
    {
        ArgumentNullException.ThrowIfNull(runs);
        _ = EmbeddedFont.Instance;
        var plot = new Plot();
        plot.Title(title);
        plot.XLabel("epoch");
        plot.YLabel(axis);
        foreach (var (name, values) in runs)
        {
            Line(plot, name, [.. values.Select((v, i) => ((double)(i + 1), v)).Where(p => double.IsFinite(p.v))]);
        }

        plot.ShowLegend(Alignment.LowerRight);
        plot.SavePng(path, Width, Height);
    }

    private static void Fill(Plot plot, string title, string axis, IReadOnlyList<EpochResult> history,
        Func<EpochResult, IReadOnlyDictionary<string, double>> values, Func<string, bool> wanted)
    {
        plot.Title(title);
        plot.XLabel("epoch");
        plot.YLabel(axis);
        foreach (string name in history.SelectMany(r => values(r).Keys).Distinct().Where(wanted))
        {
            Line(plot, name,
                [.. history.Where(r => values(r).ContainsKey(name)).Select(r => ((double)r.Epoch, values(r)[name]))
                    .Where(p => double.IsFinite(p.Item2))]);
        }

        plot.ShowLegend(Alignment.UpperRight);
    }

    private static void Line(Plot plot, string name, (double X, double Y)[] points)
    {
        if (points.Length > 0)
        {
            plot.Add.Scatter(points.Select(p => p.X).ToArray(), points.Select(p => p.Y).ToArray()).LegendText = name;
        }
    }
}
