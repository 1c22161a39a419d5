namespace EdgeVision.Pipeline.Runners;

/// <summary>Validates the parts of a pipeline before it is built.</summary>
internal static class PipelineValidator
{
    /// <summary>Validates everything that can be checked without loading a model.</summary>
    public static void Validate(VisionPipelineBuilder parts)
    {
        Require(parts.Sources.Count > 0, "a pipeline needs at least one source");
        Require(parts.FrameModels.Count > 0, "a pipeline needs at least one model that runs on frames");
        RequireUnique("source", parts.Sources.Select(s => s.Name));
        RequireUnique("sink", parts.Sinks.Select(s => s.Target.Name));
        RequireUnique("model", parts.FrameModels.Select(m => m.Name).Concat(parts.CropModels.Select(m => m.Name)).Where(n => n.Length > 0));
        foreach (var (name, _, o) in parts.Sources)
        {
            Require(o.Capacity >= 1, $"capacity of source '{name}' must be at least 1; got {o.Capacity}");
            Require(o.FrameInterval >= 1, $"frame interval of source '{name}' must be at least 1; got {o.FrameInterval}");
            Require(
                o.Weight > 0 && double.IsFinite(o.Weight),
                FormattableString.Invariant($"weight of source '{name}' must be a finite number above 0; got {o.Weight}"));
            Require(o.StallTimeout > TimeSpan.Zero, $"stall timeout of source '{name}' must be above 0; got {o.StallTimeout}");
            Validate(o.Reconnect, $"reconnect policy of source '{name}'");
            Require(o.MaxAge is not { } age || age > TimeSpan.Zero, $"maximum age of source '{name}' must be above 0; got {o.MaxAge}");
        }

        foreach (var m in parts.FrameModels)
        {
            Require(m.Options.MaxBatch >= 1, $"maximum batch of a model must be at least 1; got {m.Options.MaxBatch}");
            Require(
                m.Options.MaxWait >= TimeSpan.Zero && m.Options.MaxWait <= TimeSpan.FromMinutes(1),
                $"maximum wait for a batch must be from 0 to 1 minute; got {m.Options.MaxWait}");
            RequireKnownSources(parts, m.Options.Sources, "model");
        }

        foreach (var m in parts.CropModels)
        {
            Require(
                m.Options.MaxPerFrame >= 1 && m.Options.FrameInterval >= 1 && m.Options.Margin >= 0,
                "a crop model's maximum per frame and frame interval must be at least 1 and its margin at least 0; "
                    + FormattableString.Invariant($"got {m.Options.MaxPerFrame}, {m.Options.FrameInterval} and {m.Options.Margin}"));
            RequireKnownSources(parts, m.Options.Sources, "model");
        }

        parts.Trackings.ForEach(t => RequireKnownSources(parts, t.Sources, "tracker"));
        parts.Rules.ForEach(r => RequireKnownSources(parts, r.Sources, "rule"));
        foreach (var (target, o) in parts.Sinks)
        {
            Require(o.Capacity >= 1, $"capacity of sink '{target.Name}' must be at least 1; got {o.Capacity}");
            Validate(o.Retry, $"retry policy of sink '{target.Name}'");
            RequireKnownSources(parts, o.Sources, $"sink '{target.Name}'");
        }

        foreach (var source in parts.Sources)
        {
            Require(
                parts.Trackings.Count(t => t.Sources is not { } some || some.Contains(source.Name)) <= 1,
                $"source '{source.Name}' has more than one tracker; list the sources of each tracker");
        }

        GetServingModels(parts);
    }

    /// <summary>Validates what can be checked only with the models loaded.</summary>
    public static void Validate(VisionPipelineBuilder parts, IFrameModel[] models)
    {
        int[] serving = GetServingModels(parts);
        for (int i = 0; i < models.Length; i++)
        {
            int maxBatch = parts.FrameModels[i].Options.MaxBatch;
            Require(
                maxBatch <= models[i].BatchSize,
                $"model '{models[i].Name}' was loaded with batch size {models[i].BatchSize}; "
                    + $"load it with RuntimeOptions.BatchSize {maxBatch}");
        }

        for (int s = 0; s < parts.Sources.Count; s++)
        {
            string name = parts.Sources[s].Name;
            bool needsBoxes = parts.Trackings.Exists(t => t.Sources is not { } some || some.Contains(name))
                || parts.CropModels.Exists(m => m.Options.Sources is not { } some || some.Contains(name));
            Require(
                !needsBoxes || models[serving[s]].DetectsBoxes,
                $"tracking and crop models need boxes; model '{models[serving[s]].Name}' of source '{name}' produces none");
        }
    }

    /// <summary>Returns the index of the model that serves each source.</summary>
    public static int[] GetServingModels(VisionPipelineBuilder parts)
    {
        int[] serving = new int[parts.Sources.Count];
        for (int s = 0; s < serving.Length; s++)
        {
            string name = parts.Sources[s].Name;
            int[] named = Indices(m => m.Options.Sources?.Contains(name) == true);
            int[] all = Indices(m => m.Options.Sources is null);
            int[] candidates = named.Length > 0 ? named : all;
            Require(candidates.Length > 0, $"no model serves source '{name}'; add it to the sources of a model");
            Require(candidates.Length == 1, $"{candidates.Length} models serve source '{name}'; list the sources of each model");
            serving[s] = candidates[0];
        }

        for (int m = 0; m < parts.FrameModels.Count; m++)
        {
            string label = parts.FrameModels[m].Name is { Length: > 0 } name ? $"'{name}'" : $"{m + 1}";
            Require(serving.Contains(m), $"model {label} serves no source; give it a source or remove it");
        }

        return serving;

        int[] Indices(Predicate<VisionPipelineBuilder.FrameModel> holds) =>
            [.. Enumerable.Range(0, parts.FrameModels.Count).Where(i => holds(parts.FrameModels[i]))];
    }

    private static void Validate(RetryPolicy? retry, string whose) => Require(
        retry is null
            || retry is { Multiplier: >= 1, Jitter: >= 0 and <= 1 }
            && retry.InitialDelay >= TimeSpan.Zero && retry.MaxDelay >= TimeSpan.Zero && retry.MaxDelay <= TimeSpan.FromDays(1),
        FormattableString.Invariant($"{whose}: delays must be from 0 to 1 day, the multiplier at least 1, the jitter from 0 to 1; ")
            + FormattableString.Invariant($"got {retry?.InitialDelay} to {retry?.MaxDelay}, {retry?.Multiplier} and {retry?.Jitter}"));

    private static void RequireUnique(string what, IEnumerable<string> names)
    {
        var twice = names.GroupBy(n => n, StringComparer.Ordinal).FirstOrDefault(g => g.Count() > 1);
        Require(twice is null, $"two {what}s are named '{twice?.Key}'; names must be unique");
    }

    private static void RequireKnownSources(VisionPipelineBuilder parts, IReadOnlyCollection<string>? names, string whose)
    {
        string? unknown = names?.FirstOrDefault(n => !parts.Sources.Exists(s => s.Name == n));
        Require(
            unknown is null,
            $"a {whose} names the unknown source '{unknown}'; sources are {string.Join(", ", parts.Sources.Select(s => s.Name))}");
    }

    private static void Require(bool holds, string message)
    {
        if (!holds)
        {
            throw new PipelineConfigException(message);
        }
    }
}
