using YamlDotNet.RepresentationModel;

namespace EdgeVision.Configuration;

/// <summary>Reads <c>tracking</c>: one map, or a list of them for different sources.</summary>
internal static class TrackingSection
{
    public static IReadOnlyList<TrackingConfig> Read(ConfigMap root)
    {
        if (!root.Has("tracking"))
        {
            return [];
        }

        var maps = root.At("tracking") is YamlSequenceNode ? root.Maps("tracking", "a tracking")
            : root.Map("tracking", "'tracking'") is { } map ? [map]
            : [];
        var all = maps.Select(Tracking).ToList();
        foreach (string source in root.Reading.SourceNames.Distinct())
        {
            if (all.Count(t => t.Sources?.Contains(source) ?? true) > 1)
            {
                root.Problem("tracking", $"source '{source}' must have at most one tracker; got two");
            }
        }

        return all;
    }

    private static TrackingConfig Tracking(ConfigMap map)
    {
        var tracking = new TrackingConfig
        {
            Tracker = map.Choice<TrackerKind>(
                "tracker", ("bytetrack", TrackerKind.ByteTrack), ("ocsort", TrackerKind.OcSort), ("botsort", TrackerKind.BotSort))
                ?? TrackerKind.ByteTrack,
            FrameRate = map.Number("fps", 0, 1000, above: true) ?? 30,
            ByClass = map.Flag("by_class") ?? false,
            Smooth = map.Flag("smooth") ?? false,
            KeepUntracked = map.Flag("keep_untracked") ?? false,
            Appearance = map.ExistingFile("reid", "the embedding model", ConfigFileKind.Model),
            Sources = map.Sources(),
            At = ConfigReading.Place(map.Node),
        };
        map.Close();
        if (tracking is { Appearance: not null, Tracker: not TrackerKind.BotSort })
        {
            map.Problem("reid", "'reid' is only for tracker: botsort; the others do not use appearance");
        }

        return tracking;
    }
}
