namespace EdgeVision;

/// <summary>What must hold of a pipeline's parts before it is made.</summary>
internal static class PipelineChecks
{
    /// <summary>Checks what can be seen without loading a model.</summary>
    public static void Check(VisionPipelineBuilder parts)
    {
        Require(parts.Sources.Count > 0, "a pipeline needs a source");
        Require(parts.FrameModels.Count > 0, "a pipeline needs a model that looks at frames");
        Unique("source", parts.Sources.Select(s => s.Name));
        Unique("sink", parts.Sinks.Select(s => s.Target.Name));
        Unique("model", parts.FrameModels.Select(m => m.Name).Concat(parts.CropModels.Select(m => m.Name)).Where(n => n.Length > 0));
        foreach (var (name, _, o) in parts.Sources)
        {
            Require(o.Capacity >= 1, $"capacity of source '{name}' is at least 1");
            Require(o.Every >= 1, $"every of source '{name}' is at least 1");
            Require(o.Weight > 0 && double.IsFinite(o.Weight), $"weight of source '{name}' lies above 0");
            Require(o.StallTimeout > TimeSpan.Zero, $"stall timeout of source '{name}' lies above 0");
            Check(o.Reconnect, $"reconnect of source '{name}'");
            Require(o.MaxAge is not { } age || age > TimeSpan.Zero, $"greatest age of source '{name}' lies above 0");
        }

        foreach (var m in parts.FrameModels)
        {
            Require(m.Options.MaxBatch >= 1, "the greatest batch of a model is at least 1");
            Require(m.Options.MaxWait >= TimeSpan.Zero && m.Options.MaxWait <= TimeSpan.FromMinutes(1), "the longest wait for a batch lies in 0 to 1 minute");
            Known(parts, m.Options.Sources, "model");
        }

        foreach (var m in parts.CropModels)
        {
            Require(m.Options.Most >= 1 && m.Options.Every >= 1 && m.Options.Margin >= 0, "most and every of a model on detections are at least 1, its margin at least 0");
            Known(parts, m.Options.Sources, "model");
        }

        parts.Trackings.ForEach(t => Known(parts, t.Sources, "tracker"));
        parts.Rules.ForEach(r => Known(parts, r.Sources, "rule"));
        foreach (var (target, o) in parts.Sinks)
        {
            Require(o.Capacity >= 1, $"capacity of sink '{target.Name}' is at least 1");
            Check(o.Retry, $"retry of sink '{target.Name}'");
            Known(parts, o.Sources, $"sink '{target.Name}'");
        }

        foreach (var source in parts.Sources)
        {
            Require(parts.Trackings.Count(t => t.Sources is not { } some || some.Contains(source.Name)) <= 1, $"source '{source.Name}' has two trackers; name the sources of each");
        }

        Serving(parts);
    }

    /// <summary>Checks what only the loaded models tell.</summary>
    public static void Check(VisionPipelineBuilder parts, IFrameModel[] models)
    {
        int[] serving = Serving(parts);
        for (int i = 0; i < models.Length; i++)
        {
            Require(parts.FrameModels[i].Options.MaxBatch <= models[i].BatchSize, $"model '{models[i].Name}' was loaded for {models[i].BatchSize} frames a run; load it with RuntimeOptions.BatchSize {parts.FrameModels[i].Options.MaxBatch}");
        }

        for (int s = 0; s < parts.Sources.Count; s++)
        {
            string name = parts.Sources[s].Name;
            bool needsBoxes = parts.Trackings.Exists(t => t.Sources is not { } some || some.Contains(name)) || parts.CropModels.Exists(m => m.Options.Sources is not { } some || some.Contains(name));
            Require(!needsBoxes || models[serving[s]].FindsBoxes, $"tracking and models on detections need boxes; '{models[serving[s]].Name}', which looks at source '{name}', finds none");
        }
    }

    /// <summary>Number of the model that serves each source.</summary>
    public static int[] Serving(VisionPipelineBuilder parts)
    {
        int[] serving = new int[parts.Sources.Count];
        for (int s = 0; s < serving.Length; s++)
        {
            string name = parts.Sources[s].Name;
            int[] named = Indices(m => m.Options.Sources?.Contains(name) == true);
            int[] all = Indices(m => m.Options.Sources is null);
            int[] candidates = named.Length > 0 ? named : all;
            Require(candidates.Length > 0, $"no model looks at source '{name}'");
            Require(candidates.Length == 1, $"{candidates.Length} models would look at source '{name}'; name the sources of each");
            serving[s] = candidates[0];
        }

        for (int m = 0; m < parts.FrameModels.Count; m++)
        {
            Require(serving.Contains(m), $"model {(parts.FrameModels[m].Name is { Length: > 0 } name ? $"'{name}'" : $"{m + 1}")} has no source to look at");
        }

        return serving;

        int[] Indices(Predicate<VisionPipelineBuilder.FrameModel> holds) => [.. Enumerable.Range(0, parts.FrameModels.Count).Where(i => holds(parts.FrameModels[i]))];
    }

    private static void Check(RetryPolicy? retry, string whose) => Require(
        retry is null || retry is { Growth: >= 1, Jitter: >= 0 and <= 1 } && retry.First >= TimeSpan.Zero && retry.Longest >= TimeSpan.Zero && retry.Longest <= TimeSpan.FromDays(1),
        $"{whose}: delays lie in 0 to a day, the growth is at least 1, the jitter lies in 0 to 1");

    private static void Unique(string what, IEnumerable<string> names)
    {
        var twice = names.GroupBy(n => n, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1);
        Require(twice is null, $"two {what}s are named '{twice?.Key}'; names are unique");
    }

    private static void Known(VisionPipelineBuilder parts, IReadOnlyCollection<string>? names, string whose)
    {
        string? unknown = names?.FirstOrDefault(n => !parts.Sources.Exists(s => s.Name == n));
        Require(unknown is null, $"a {whose} names the source '{unknown}', which is none of {string.Join(", ", parts.Sources.Select(s => s.Name))}");
    }

    private static void Require(bool holds, string message)
    {
        if (!holds)
        {
            throw new PipelineConfigException(message);
        }
    }
}
