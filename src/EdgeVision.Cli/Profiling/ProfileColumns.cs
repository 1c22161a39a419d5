using System.Globalization;

namespace EdgeVision.Cli;

/// <summary>A column for people: its title, a row's cell, and whether it holds numbers.</summary>
internal sealed record ProfileColumn(string Title, Func<ProfileRow, string> Cell, bool IsNumber = true);

/// <summary>Rows as cells for people, in a terminal and in Markdown. Columns that say nothing are left out.</summary>
internal sealed class ProfileColumns
{
    private readonly HashSet<ProfileRow> _front;

    private ProfileColumns(IReadOnlyList<ProfileRow> rows)
    {
        Rows = [.. rows.Where(r => r.Error is null)];
        Failed = [.. rows.Where(r => r.Error is not null)];
        _front = new(ParetoFront.ByGroup(Rows).Values.SelectMany(f => f.Rows), ReferenceEqualityComparer.Instance);
        Columns = [.. All().Where(Tells)];
    }

    /// <summary>Rows that have figures.</summary>
    public IReadOnlyList<ProfileRow> Rows { get; }

    /// <summary>Rows that have none.</summary>
    public IReadOnlyList<ProfileRow> Failed { get; }

    /// <summary>Columns that say something of these rows.</summary>
    public IReadOnlyList<ProfileColumn> Columns { get; }

    /// <summary>What the marks mean, those that are used.</summary>
    public IReadOnlyList<string> Legend =>
    [
        .. (IEnumerable<string>)[.. _front.Count > 0 ? [_front.Any(r => r.Metric is not null)
            ? "* nothing of its device and task is both more accurate and quicker at p99 (where there is no metric, multiply-accumulates stand in)"
            : "* nothing of its device and task does more multiply-accumulates in a shorter p99"] : (string[])[]],
        .. Rows.Any(r => !r.Stable) ? ["~ unstable, see the reasons"] : (string[])[],
        .. Rows.Any(IsEmulated) ? ["e emulated: times say nothing of the real processor"] : (string[])[],
    ];

    public static ProfileColumns Of(IReadOnlyList<ProfileRow> rows) => new(rows);

    /// <summary>Marks of a row: <c>*</c> on its front, <c>~</c> unstable, <c>e</c> emulated.</summary>
    public string Marks(ProfileRow row) => $"{(_front.Contains(row) ? "*" : "")}{(row.Stable ? "" : "~")}{(IsEmulated(row) ? "e" : "")}";

    /// <summary>Whether its processor was emulated.</summary>
    public static bool IsEmulated(ProfileRow row) => row.Machine?.Emulated == true;

    private IEnumerable<ProfileColumn> All() =>
    [
        new("", Marks, false),
        new("model", r => r.Model, false),
        new("device", r => r.Device, false),
        new("task", r => r.Task ?? "", false),
        new("size", r => ProfileConfiguration.Of(r).Size),
        new("batch", r => Whole(r.Batch)),
        new("provider", r => r.Provider, false),
        new("threads", r => Whole(r.Threads)),
        new("precision", r => r.Precision, false),
        new("pace", r => ProfileConfiguration.Of(r).Pace, false),
        Of("p50 ms", ProfileFigure.P50),
        Of("p90 ms", ProfileFigure.P90),
        Of("p99 ms", ProfileFigure.P99),
        Of("p99.9 ms", ProfileFigure.P999),
        Of("max ms", ProfileFigure.Max),
        Of("fps", ProfileFigure.Throughput),
        Of("load ms", ProfileFigure.Load),
        Of("peak MB", ProfileFigure.Memory),
        Of("model MB", ProfileFigure.ModelSize),
        Of("MACs", ProfileFigure.Macs),
        Of("params", ProfileFigure.Params),
        Of("J/run", ProfileFigure.Energy),
        new("metric", r => ProfileFigure.Metric.Of(r) is { } value ? string.Create(CultureInfo.InvariantCulture, $"{value:F3} {r.MetricName}").TrimEnd() : ""),
    ];

    // What is chosen is shown where rows differ in it, and a model always; a figure where a row has it.
    private bool Tells(ProfileColumn column) => column.Title switch
    {
        "model" => true,
        "device" or "task" or "provider" or "pace" or "precision" or "batch" or "threads" => Rows.Select(column.Cell).Distinct().Skip(1).Any(),
        _ => Rows.Any(r => column.Cell(r).Length > 0),
    };

    private static ProfileColumn Of(string title, ProfileFigure figure) =>
        new(title, r => figure.Of(r) is not { } value ? "" : figure.Unit == ProfileUnit.Count ? ProfileFigure.Thousands(value) : ProfileFigure.Digits(value));

    private static string Whole(int value) => value.ToString(CultureInfo.InvariantCulture);
}
