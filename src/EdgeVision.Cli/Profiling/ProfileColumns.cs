using System.Globalization;
using EdgeVision.Profiling;
using EdgeVision.Profiling.Selection;

namespace EdgeVision.Cli.Profiling;

/// <summary>Column of a printed table: its title, the cell of a row, and whether the cells are numbers.</summary>
internal sealed record ProfileColumn(string Title, Func<ProfileRow, string> Cell, bool IsNumber = true);

/// <summary>Columns of the table of rows, in a terminal and in Markdown; columns without information are left out.</summary>
internal sealed class ProfileColumns
{
    private readonly HashSet<ProfileRow> _front;

    private ProfileColumns(IReadOnlyList<ProfileRow> rows)
    {
        Rows = [.. rows.Where(r => r.Error is null)];
        Failed = [.. rows.Where(r => r.Error is not null)];
        _front = new(ParetoFront.ComputeByGroup(Rows).Values.SelectMany(f => f.Rows), ReferenceEqualityComparer.Instance);
        Columns = [.. All().Where(HasInformation)];
    }

    /// <summary>Gets the rows that were measured.</summary>
    public IReadOnlyList<ProfileRow> Rows { get; }

    /// <summary>Gets the rows that failed.</summary>
    public IReadOnlyList<ProfileRow> Failed { get; }

    /// <summary>Gets the columns that carry information for these rows.</summary>
    public IReadOnlyList<ProfileColumn> Columns { get; }

    /// <summary>Gets the explanations of the marks that are used.</summary>
    public IReadOnlyList<string> Legend =>
    [
        .. (IEnumerable<string>)[.. _front.Count > 0 ? [_front.Any(r => r.Metric is not null)
            ? "* Pareto-optimal for its device and task: none is both more accurate and faster at p99 (without a metric, by MACs)"
            : "* Pareto-optimal for its device and task: none has both more MACs and a shorter p99"] : (string[])[]],
        .. Rows.Any(r => !r.Stable) ? ["~ unstable, for the reasons below"] : (string[])[],
        .. Rows.Any(IsEmulated) ? ["e emulated: the times are not those of the real processor"] : (string[])[],
    ];

    public static ProfileColumns Of(IReadOnlyList<ProfileRow> rows) => new(rows);

    /// <summary>Returns the marks of a row: <c>*</c> on its Pareto front, <c>~</c> unstable, <c>e</c> emulated.</summary>
    public string Marks(ProfileRow row) => $"{(_front.Contains(row) ? "*" : "")}{(row.Stable ? "" : "~")}{(IsEmulated(row) ? "e" : "")}";

    /// <summary>Returns whether the processor of a row was emulated.</summary>
    public static bool IsEmulated(ProfileRow row) => row.Machine?.Emulated == true;

    private IEnumerable<ProfileColumn> All() =>
    [
        new("", Marks, false),
        new("model", r => r.Model, false),
        new("device", r => r.Device, false),
        new("task", r => r.Task ?? "", false),
        new("size", r => ProfileConfiguration.FromRow(r).Size),
        new("batch", r => FormatInt(r.Batch)),
        new("provider", r => r.Provider, false),
        new("threads", r => FormatInt(r.Threads)),
        new("precision", r => r.Precision, false),
        new("pace", r => ProfileConfiguration.FromRow(r).Pace, false),
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
        new("metric", r => ProfileFigure.Metric.GetValue(r) is { } value
            ? string.Create(CultureInfo.InvariantCulture, $"{value:F3} {r.MetricName}").TrimEnd()
            : ""),
    ];

    // The model is always shown; a setting, if it differs between rows; a measurement, if a row has it.
    private bool HasInformation(ProfileColumn column) => column.Title switch
    {
        "model" => true,
        "device" or "task" or "provider" or "pace" or "precision" or "batch" or "threads" =>
            Rows.Select(column.Cell).Distinct().Skip(1).Any(),
        _ => Rows.Any(r => column.Cell(r).Length > 0),
    };

    private static ProfileColumn Of(string title, ProfileFigure figure) => new(title, r => figure.GetValue(r) switch
    {
        null => "",
        { } value => figure.Unit == ProfileUnit.Count ? ProfileFigure.FormatCount(value) : ProfileFigure.FormatNumber(value),
    });

    private static string FormatInt(int value) => value.ToString(CultureInfo.InvariantCulture);
}
