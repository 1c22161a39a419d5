using System.Globalization;

namespace EdgeVision.Profiling;

/// <summary>Unit of a <see cref="ProfileFigure"/>.</summary>
public enum ProfileUnit
{
    /// <summary>Milliseconds.</summary>
    Milliseconds,

    /// <summary>Megabytes of 10^6 bytes.</summary>
    Megabytes,

    /// <summary>Joules per run.</summary>
    Joules,

    /// <summary>Frames per second.</summary>
    FramesPerSecond,

    /// <summary>A count.</summary>
    Count,

    /// <summary>An accuracy metric.</summary>
    Score,
}

/// <summary>A figure of a profile row by which models are chosen, with its name, unit and direction.</summary>
/// <remarks>Fronts, budgets (which use its name, such as <c>p99</c>), comparisons and reports all use figures.</remarks>
public sealed class ProfileFigure
{
    private readonly Func<ProfileRow, double?> _of;

    private ProfileFigure(string name, string description, ProfileUnit unit, bool greaterIsBetter, Func<ProfileRow, double?> of) =>
        (Name, Description, Unit, GreaterIsBetter, _of) = (name, description, unit, greaterIsBetter, of);

    /// <summary>Accuracy metric of the model.</summary>
    public static ProfileFigure Metric { get; } = new("metric", "accuracy", ProfileUnit.Score, true, r => r.Metric);

    /// <summary>Median latency.</summary>
    public static ProfileFigure P50 { get; } = CreateTime("p50", "median latency", r => r.P50Ms);

    /// <summary>90th percentile of latency.</summary>
    public static ProfileFigure P90 { get; } = CreateTime("p90", "90th percentile of latency", r => r.P90Ms);

    /// <summary>95th percentile of latency.</summary>
    public static ProfileFigure P95 { get; } = CreateTime("p95", "95th percentile of latency", r => r.P95Ms);

    /// <summary>99th percentile of latency.</summary>
    public static ProfileFigure P99 { get; } = CreateTime("p99", "99th percentile of latency", r => r.P99Ms);

    /// <summary>99.9th percentile of latency.</summary>
    public static ProfileFigure P999 { get; } = CreateTime("p999", "99.9th percentile of latency", r => r.P999Ms);

    /// <summary>Maximum latency.</summary>
    public static ProfileFigure Max { get; } = CreateTime("max", "slowest run", r => r.MaxMs);

    /// <summary>Mean latency.</summary>
    public static ProfileFigure Mean { get; } = CreateTime("mean", "mean latency", r => r.MeanMs);

    /// <summary>Time to load the model.</summary>
    public static ProfileFigure Load { get; } = CreateTime("load", "time to load", r => r.LoadMs);

    /// <summary>Latency of the first run.</summary>
    public static ProfileFigure First { get; } = CreateTime("first", "first run", r => r.FirstMs);

    /// <summary>Frames per second.</summary>
    public static ProfileFigure Throughput { get; } =
        new("fps", "frames per second", ProfileUnit.FramesPerSecond, true, r => r.ThroughputFps);

    /// <summary>Peak resident memory of the process.</summary>
    public static ProfileFigure Memory { get; } = new("memory", "peak memory", ProfileUnit.Megabytes, false, r => r.PeakRssMb);

    /// <summary>Energy per run.</summary>
    public static ProfileFigure Energy { get; } =
        new("energy", "energy per run", ProfileUnit.Joules, false, r => r.Energy?.JoulesPerRun);

    /// <summary>Size of the model file.</summary>
    public static ProfileFigure ModelSize { get; } = new("model", "size of the model", ProfileUnit.Megabytes, false, r => r.ModelMb);

    /// <summary>Number of weights.</summary>
    public static ProfileFigure Params { get; } = new("params", "weights", ProfileUnit.Count, false, r => r.Params);

    /// <summary>Multiply-accumulates per frame: those of a run divided by its batch.</summary>
    public static ProfileFigure Macs { get; } =
        new("macs", "multiply-accumulates per frame", ProfileUnit.Count, false, r => r.Macs / (double)Math.Max(1, r.Batch));

    /// <summary>Multiply-accumulates per frame, higher is better: replaces accuracy for networks that are not trained yet.</summary>
    public static ProfileFigure Capacity { get; } =
        new("capacity", "multiply-accumulates per frame", ProfileUnit.Count, true, Macs.GetValue);

    /// <summary>All figures that a budget may limit.</summary>
    public static IReadOnlyList<ProfileFigure> All { get; } =
        [P50, P90, P95, P99, P999, Max, Mean, Throughput, Memory, Energy, Load, First, ModelSize, Params, Macs, Metric];

    /// <summary>Short name, as in <c>--budget</c>.</summary>
    public string Name { get; }

    /// <summary>Description in words.</summary>
    public string Description { get; }

    /// <summary>Unit of the figure.</summary>
    public ProfileUnit Unit { get; }

    /// <summary>Gets whether higher is better, which is so for accuracy and throughput; for all others lower is.</summary>
    public bool GreaterIsBetter { get; }

    /// <summary>Returns the figure of a row; null if the row failed, or the figure is unknown or not finite.</summary>
    public double? GetValue(ProfileRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        return row.Error is null && _of(row) is { } value && double.IsFinite(value) ? value : null;
    }

    /// <summary>Returns whether <paramref name="a"/> is better than <paramref name="b"/>.</summary>
    public bool IsBetter(double a, double b) => GreaterIsBetter ? a > b : a < b;

    /// <summary>Formats a value with its unit in the invariant culture: "12.3 ms", "1.82 G".</summary>
    public string Format(double value) => Unit switch
    {
        ProfileUnit.Milliseconds => $"{FormatNumber(value)} ms",
        ProfileUnit.Megabytes => $"{FormatNumber(value)} MB",
        ProfileUnit.Joules => $"{FormatNumber(value)} J",
        ProfileUnit.FramesPerSecond => $"{FormatNumber(value)} fps",
        ProfileUnit.Count => FormatCount(value),
        _ => value.ToString("0.###", CultureInfo.InvariantCulture),
    };

    /// <summary>Formats a number with three or four digits, never in exponential notation.</summary>
    public static string FormatNumber(double value)
    {
        string format = Math.Abs(value) switch { >= 1000 => "F0", >= 100 => "F1", >= 1 => "F2", >= 0.1 => "F3", _ => "0.####" };
        return value.ToString(format, CultureInfo.InvariantCulture);
    }

    /// <summary>Formats a count with three digits, in thousands (K), millions (M) or billions (G).</summary>
    public static string FormatCount(double value)
    {
        (double scale, string unit) = Math.Abs(value) switch
        {
            >= 1e9 => (1e9, " G"),
            >= 1e6 => (1e6, " M"),
            >= 1e3 => (1e3, " K"),
            _ => (1, ""),
        };
        double scaled = value / scale;
        string format = scale == 1 ? "F0" : Math.Abs(scaled) switch { >= 100 => "F0", >= 10 => "F1", _ => "F2" };
        return scaled.ToString(format, CultureInfo.InvariantCulture) + unit;
    }

    /// <summary>Returns the name.</summary>
    public override string ToString() => Name;

    private static ProfileFigure CreateTime(string name, string description, Func<ProfileRow, double?> of) =>
        new(name, description, ProfileUnit.Milliseconds, false, of);
}
