namespace EdgeVision.Configuration;

/// <summary>Reads the whole file.</summary>
internal static class RootSection
{
    public static PipelineConfig Read(ConfigMap root, string text)
    {
        CheckVersion(root);
        int? threads = root.Whole("threads", 1, 1024);
        var sources = SourceSection.Read(root);
        var config = new PipelineConfig
        {
            Text = text,
            Sources = sources,
            Models = ModelSection.Read(root, threads),
            Tracking = TrackingSection.Read(root),
            Rules = RuleSection.Read(root),
        };
        config = config with { Sinks = SinkSection.Read(root, config) };
        CheckTracked(root, config);

        // "x-…" holds anchors that other places refer to.
        foreach (string key in root.Keys.Where(k => k.StartsWith("x-", StringComparison.Ordinal)))
        {
            root.Has(key);
        }

        root.Close();
        return config;
    }

    private static void CheckVersion(ConfigMap root)
    {
        if (root.Whole("version", 1) is { } version)
        {
            if (version != PipelineConfig.Version)
            {
                root.Problem("version", $"version {version} is not known here; this EdgeVision reads version {PipelineConfig.Version}");
            }
        }
        else if (!root.Has("version"))
        {
            root.Reading.Problem(root.Node, "the file needs version: 1");
        }
    }

    // A zone without a tracker would wait for tracks that never come.
    private static void CheckTracked(ConfigMap root, PipelineConfig config)
    {
        foreach (var rule in config.Rules.Where(r => RuleSection.NeedsTracks(r.Kind)))
        {
            string? untracked = root.Reading.SourceNames.FirstOrDefault(s => (rule.Sources?.Contains(s) ?? true) && !config.Tracking.Any(t => t.Sources?.Contains(s) ?? true));
            if (untracked is not null)
            {
                root.Problem("rules", $"rule '{rule.Name}' is a {rule.Kind}, which knows objects by their tracks, and source '{untracked}' has no tracker; add tracking: {{tracker: bytetrack}}");
            }
        }
    }
}
