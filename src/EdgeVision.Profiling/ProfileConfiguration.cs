using System.Globalization;

namespace EdgeVision.Profiling;

/// <summary>Identity of an experiment: model, size, batch, provider, threads, precision and pace; not the device.</summary>
/// <param name="Model">Name of the model.</param>
/// <param name="Width">Width of the input in pixels; null if unknown.</param>
/// <param name="Height">Height of the input in pixels; null if unknown.</param>
/// <param name="Batch">Frames per run.</param>
/// <param name="Provider">Execution provider.</param>
/// <param name="Threads">Threads of the network.</param>
/// <param name="Precision">Element type of the weights.</param>
/// <param name="Mode">Closed or open loop.</param>
/// <param name="RateFps">Arrivals per second in open mode; null in closed.</param>
public sealed record ProfileConfiguration(
    string Model,
    int? Width,
    int? Height,
    int Batch,
    string Provider,
    int Threads,
    string Precision,
    ProfileMode Mode,
    double? RateFps)
{
    /// <summary>Returns the configuration of a row.</summary>
    public static ProfileConfiguration FromRow(ProfileRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        return new ProfileConfiguration(
            row.Model, row.Width, row.Height, row.Batch, row.Provider, row.Threads, row.Precision, row.Mode, row.RateFps);
    }

    /// <summary>Width and height as "320x320"; empty if unknown.</summary>
    public string Size => Width is { } w && Height is { } h ? string.Create(CultureInfo.InvariantCulture, $"{w}x{h}") : "";

    /// <summary>Pace of the runs: "closed", or "30 fps" if they arrive at that rate.</summary>
    public string Pace =>
        Mode == ProfileMode.Open ? string.Create(CultureInfo.InvariantCulture, $"{RateFps ?? 0:0.##} fps") : "closed";

    /// <summary>Returns one line such as "resnet18 224x224 cpu 2 threads".</summary>
    /// <remarks>Batch, precision and pace are included unless they are 1, fp32 and closed.</remarks>
    public override string ToString() => string.Create(
        CultureInfo.InvariantCulture,
        $"{Model}{(Size.Length > 0 ? " " : "")}{Size}{(Batch != 1 ? $" batch {Batch}" : "")} {Provider} "
        + $"{Threads} thread{(Threads == 1 ? "" : "s")}{(Precision != "fp32" ? " " : "")}{(Precision != "fp32" ? Precision : "")}"
        + $"{(Mode == ProfileMode.Open ? $" at {Pace}" : "")}");
}

/// <summary>Group of comparable rows: those of one device, task and metric.</summary>
/// <param name="Device">Name of the device.</param>
/// <param name="Task">Task of the models; null if unknown.</param>
/// <param name="MetricName">
/// Name of the metric; null for rows without one, which are compared by <see cref="ProfileFigure.Capacity"/>.
/// </param>
public sealed record ProfileGroup(string Device, string? Task, string? MetricName)
{
    /// <summary>Returns the group of a row.</summary>
    public static ProfileGroup FromRow(ProfileRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        return new ProfileGroup(row.Device, row.Task, ProfileFigure.Metric.GetValue(row) is null ? null : row.MetricName ?? "metric");
    }

    /// <summary>Figure that represents accuracy in this group: the metric, or the capacity if there is none.</summary>
    public ProfileFigure Accuracy => MetricName is null ? ProfileFigure.Capacity : ProfileFigure.Metric;

    /// <summary>Returns a text such as "detect by mAP on rack-3" or "classify without a metric".</summary>
    public override string ToString() =>
        $"{Task ?? "models"} {(MetricName is null ? "without a metric" : $"by {MetricName}")}{(Device.Length > 0 ? $" on {Device}" : "")}";
}

/// <summary>Rows of several files merged into one list.</summary>
/// <param name="Rows">Rows in the order in which their configurations first occurred.</param>
/// <param name="Replaced">Rows replaced by a later one of the same device and configuration.</param>
public sealed record ProfileMerge(IReadOnlyList<ProfileRow> Rows, IReadOnlyList<ProfileRow> Replaced)
{
    /// <summary>Merges lists of rows. Of several rows of one device and configuration the last is kept.</summary>
    public static ProfileMerge Merge(params IEnumerable<IReadOnlyList<ProfileRow>> lists)
    {
        ArgumentNullException.ThrowIfNull(lists);
        List<ProfileRow> rows = [], replaced = [];
        Dictionary<(string, ProfileConfiguration), int> places = [];
        foreach (var row in lists.SelectMany(l => l))
        {
            if (places.TryAdd((row.Device, ProfileConfiguration.FromRow(row)), rows.Count))
            {
                rows.Add(row);
            }
            else
            {
                int place = places[(row.Device, ProfileConfiguration.FromRow(row))];
                replaced.Add(rows[place]);
                rows[place] = row;
            }
        }

        return new ProfileMerge(rows, replaced);
    }
}
