using System.Globalization;

namespace EdgeVision;

/// <summary>What makes two rows the same experiment: model, size, batch, provider, threads, precision and how runs follow one another; not the device.</summary>
public sealed record ProfileConfiguration(string Model, int? Width, int? Height, int Batch, string Provider, int Threads, string Precision, ProfileMode Mode, double? RateFps)
{
    /// <summary>The configuration of a row.</summary>
    public static ProfileConfiguration Of(ProfileRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        return new ProfileConfiguration(row.Model, row.Width, row.Height, row.Batch, row.Provider, row.Threads, row.Precision, row.Mode, row.RateFps);
    }

    /// <summary>Width and height, "320x320"; empty where they are not known.</summary>
    public string Size => Width is { } w && Height is { } h ? string.Create(CultureInfo.InvariantCulture, $"{w}x{h}") : "";

    /// <summary>How runs follow one another: "closed", or "30 fps" where they arrive at that rate.</summary>
    public string Pace => Mode == ProfileMode.Open ? string.Create(CultureInfo.InvariantCulture, $"{RateFps ?? 0:0.##} fps") : "closed";

    /// <summary>One line: "resnet18 224x224 cpu 2 threads"; batch, precision and pace where they are not 1, fp32 and closed.</summary>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Model}{(Size.Length > 0 ? " " : "")}{Size}{(Batch != 1 ? $" batch {Batch}" : "")} {Provider} {Threads} thread{(Threads == 1 ? "" : "s")}{(Precision != "fp32" ? " " : "")}{(Precision != "fp32" ? Precision : "")}{(Mode == ProfileMode.Open ? $" at {Pace}" : "")}");
}

/// <summary>Rows that may be weighed against one another: those of one device whose metric is the same thing.</summary>
/// <param name="Device">Name of the device.</param>
/// <param name="Task">What the models are for; null where nothing says.</param>
/// <param name="MetricName">What the metric is; null for rows that have none: these are weighed by <see cref="ProfileFigure.Capacity"/>.</param>
public sealed record ProfileGroup(string Device, string? Task, string? MetricName)
{
    /// <summary>The group of a row.</summary>
    public static ProfileGroup Of(ProfileRow row)
    {
        ArgumentNullException.ThrowIfNull(row);
        return new ProfileGroup(row.Device, row.Task, ProfileFigure.Metric.Of(row) is null ? null : row.MetricName ?? "metric");
    }

    /// <summary>What stands for accuracy in this group: the metric, or the capacity where there is none.</summary>
    public ProfileFigure Accuracy => MetricName is null ? ProfileFigure.Capacity : ProfileFigure.Metric;

    /// <summary>"detect by mAP on rack-3", "classify without a metric".</summary>
    public override string ToString() => $"{Task ?? "models"} {(MetricName is null ? "without a metric" : $"by {MetricName}")}{(Device.Length > 0 ? $" on {Device}" : "")}";
}

/// <summary>Rows of several files in one list.</summary>
/// <param name="Rows">Rows in the order in which their configuration was first seen.</param>
/// <param name="Replaced">Rows that gave way to a later one of the same device and configuration.</param>
public sealed record ProfileMerge(IReadOnlyList<ProfileRow> Rows, IReadOnlyList<ProfileRow> Replaced)
{
    /// <summary>Puts lists of rows together. Of rows of one device and configuration the last stays.</summary>
    public static ProfileMerge Of(params IEnumerable<IReadOnlyList<ProfileRow>> lists)
    {
        ArgumentNullException.ThrowIfNull(lists);
        List<ProfileRow> rows = [], replaced = [];
        Dictionary<(string, ProfileConfiguration), int> places = [];
        foreach (var row in lists.SelectMany(l => l))
        {
            if (places.TryAdd((row.Device, ProfileConfiguration.Of(row)), rows.Count))
            {
                rows.Add(row);
            }
            else
            {
                int place = places[(row.Device, ProfileConfiguration.Of(row))];
                replaced.Add(rows[place]);
                rows[place] = row;
            }
        }

        return new ProfileMerge(rows, replaced);
    }
}
