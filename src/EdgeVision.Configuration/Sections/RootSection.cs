using EdgeVision.Configuration.Yaml;
using EdgeVision.Pipeline;
using EdgeVision.Pipeline.Recording;

namespace EdgeVision.Configuration.Sections;

/// <summary>Reads the whole file.</summary>
internal static class RootSection
{
    public static PipelineConfig Read(ConfigMap root, string text)
    {
        root.RequireVersion("version", PipelineConfig.Version);
        int? threads = root.GetInt("threads", 1, 1024);
        var sources = SourceSection.Read(root);
        var config = new PipelineConfig
        {
            Text = text,
            Folder = root.Reading.Folder,
            Sources = sources,
            Models = ModelSection.Read(root, threads),
            Tracking = TrackingSection.Read(root),
            Rules = RuleSection.Read(root),
        };
        config = config with { Sinks = SinkSection.Read(root, config) };
        CheckTrackers(root, config);

        // Keys "x-…" hold anchors that other places refer to.
        root.AllowPrefix("x-");
        root.ReportUnknownKeys();
        return config;
    }

    /// <summary>
    /// Reads models, tracking and rules for a recording's sources; from the file's own sources only what affects results.
    /// </summary>
    public static PipelineConfig ReadForReplay(ConfigMap root, RecordingReader recording)
    {
        root.RequireVersion("version", PipelineConfig.Version);
        root.Reading.SourceNames.AddRange(recording.Sources.Select(s => s.Name));
        var every = root.GetMaps("sources", "a source")
            .Select(m => (Name: m.GetString("name"), Every: m.GetInt("every", 1, 100_000) ?? 1))
            .Where(s => s.Name is not null)
            .ToLookup(s => s.Name!, s => s.Every);
        // Sources that never delivered a frame are not in the recording, but other sections may refer to them.
        root.Reading.SourceNames.AddRange(every.Select(s => s.Key).Except(root.Reading.SourceNames));
        var config = new PipelineConfig
        {
            Folder = root.Reading.Folder,
            Sources =
            [
                .. recording.Sources.Select(s => new SourceConfig
                {
                    Name = s.Name,
                    Uri = new SourceUri(SourceKind.Recording, recording.Folder),
                    RecordedSource = s.Name,
                    Options = new SourceOptions
                    {
                        Policy = QueuePolicy.Wait,
                        Reconnect = RetryPolicy.None,
                        FrameInterval = every[s.Name].FirstOrDefault(1),
                    },
                }),
            ],
            Models = ModelSection.Read(root, root.GetInt("threads", 1, 1024)),
            Tracking = TrackingSection.Read(root),
            Rules = RuleSection.Read(root),
        };
        return config.ForSources([.. recording.Sources.Select(s => s.Name)]);
    }

    // Without a tracker a zone would never see a track.
    private static void CheckTrackers(ConfigMap root, PipelineConfig config)
    {
        foreach (var rule in config.Rules.Where(r => RuleSection.NeedsTracks(r.Kind)))
        {
            string? untracked = root.Reading.SourceNames.FirstOrDefault(s =>
                (rule.Sources?.Contains(s) ?? true) && !config.Tracking.Any(t => t.Sources?.Contains(s) ?? true));
            if (untracked is not null)
            {
                root.AddProblem("rules", $"rule '{rule.Name}' is a {rule.Kind}, which needs tracks, " +
                    $"but source '{untracked}' has no tracker; add tracking: {{tracker: bytetrack}}");
            }
        }
    }
}
