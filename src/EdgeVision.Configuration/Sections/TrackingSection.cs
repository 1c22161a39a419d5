using EdgeVision.Configuration.Yaml;

namespace EdgeVision.Configuration.Sections;

/// <summary>Reads <c>tracking</c>: one map, or a list of them for different sources.</summary>
internal static class TrackingSection
{
    public static IReadOnlyList<TrackingConfig> Read(ConfigMap root)
    {
        var all = root.GetMapOrMaps("tracking", "a tracking").Select(Tracking).ToList();
        foreach (string source in root.Reading.SourceNames.Distinct())
        {
            if (all.Count(t => t.Sources?.Contains(source) ?? true) > 1)
            {
                root.AddProblem("tracking", $"source '{source}' must have at most one tracker; got two");
            }
        }

        return all;
    }

    private static TrackingConfig Tracking(ConfigMap map)
    {
        var tracking = new TrackingConfig
        {
            Tracker = map.GetEnum<TrackerKind>(
                "tracker", ("bytetrack", TrackerKind.ByteTrack), ("ocsort", TrackerKind.OcSort), ("botsort", TrackerKind.BotSort))
                ?? TrackerKind.ByteTrack,
            FrameRate = map.GetDouble("fps", 0, 1000, exclusiveMin: true) ?? 30,
            ByClass = map.GetBool("by_class") ?? false,
            SmoothKeypoints = map.GetBool("smooth") ?? false,
            KeepUntracked = map.GetBool("keep_untracked") ?? false,
            AppearanceModel = map.GetExistingFile("reid", "the embedding model", ConfigFileKind.Model),
            Sources = map.GetSources(),
            Position = ConfigReading.GetPosition(map.Node),
        };
        map.ReportUnknownKeys();
        if (tracking is { AppearanceModel: not null, Tracker: not TrackerKind.BotSort })
        {
            map.AddProblem("reid", "'reid' is only for tracker: botsort; the others do not use appearance");
        }

        return tracking;
    }
}
