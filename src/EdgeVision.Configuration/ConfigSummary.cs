using System.Globalization;
using EdgeVision.Pipeline;

namespace EdgeVision.Configuration;

/// <summary>Summarizes a configuration in readable lines that never contain credentials.</summary>
public static class ConfigSummary
{
    /// <summary>Returns a line for each source, model, tracker, rule and sink.</summary>
    public static IReadOnlyList<string> GetLines(PipelineConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        return
        [
            .. config.Sources.Select(Source),
            .. config.Models.Select(Model),
            .. config.Tracking.Select(Tracking),
            .. config.Rules.Select(Rule),
            .. config.Sinks.Select(Sink),
        ];
    }

    private static string Source(SourceConfig s)
    {
        var o = s.Options;
        List<string> parts = [$"source {s.Name}: {ToYamlName(s.Uri.Kind)} {s.Uri.Display}"];
        Add(parts, s.Backend != SourceBackend.Auto, $"by {ToYamlName(s.Backend)}");
        Add(parts, o.RealTime, "in real time");
        Add(parts, true, o.Policy is { } policy
            ? $"policy {ToYamlName(policy)}, queue of {o.Capacity}"
            : $"policy latest for live sources, else wait; queue of {o.Capacity}");
        Add(parts, o.MaxAge is not null, Invariant($"dropped when older than {o.MaxAge?.TotalMilliseconds} ms"));
        Add(parts, o.FrameInterval > 1, $"model runs on every {o.FrameInterval}. frame");
        Add(parts, o.Weight != 1, Invariant($"weight {o.Weight}"));
        return string.Join(", ", parts);
    }

    private static string Model(ModelConfig m)
    {
        List<string> parts = [$"model {m.Name}: {m.Path}"];
        Add(parts, m.Crops is not null, $"on detections{Of(m.Crops?.Labels)}");
        Add(parts, m.Frames.MaxBatch > 1, Invariant(
            $"batches of up to {m.Frames.MaxBatch} frames, waiting {m.Frames.MaxWait.TotalMilliseconds} ms"));
        string providers = string.Join(", ", m.Runtime.Providers.Providers.Select(p => p.GetName()));
        Add(parts, !m.Runtime.Providers.IsAuto, $"{(m.Runtime.Providers.IsRequired ? "requires" : "prefers")} {providers}");
        Add(parts, m.Runtime.ProviderLibrary is not null, $"with provider library {m.Runtime.ProviderLibrary}");
        string options = string.Join(", ", m.Runtime.ProviderOptions.Select(o => $"{o.Key}={o.Value}"));
        Add(parts, m.Runtime.ProviderOptions.Count > 0, $"options {options}");
        return string.Join(", ", parts) + For(m.Crops is null ? m.Frames.Sources : m.Crops.Sources);
    }

    private static string Tracking(TrackingConfig t)
    {
        List<string> parts = [$"tracking: {ToYamlName(t.Tracker)}"];
        Add(parts, t.ByClass, "by class");
        Add(parts, t.SmoothKeypoints, "keypoints smoothed");
        Add(parts, t.AppearanceModel is not null, $"appearance by {t.AppearanceModel}");
        Add(parts, t.KeepUntracked, "untracked detections kept");
        return string.Join(", ", parts) + For(t.Sources);
    }

    private static string Rule(RuleConfig r) => $"rule {r.Name}: {r.Kind}{Of(r.Labels)}{For(r.Sources)}";

    private static string Sink(SinkConfig s)
    {
        var o = s.Options;
        string policy = o.Policy is { } p ? ToYamlName(p) : "wait for files, drop_oldest for live sources";
        return $"sink {s.Kind}{(s.Target.Length > 0 ? " " + s.Target : "")}: policy {policy}, queue of {o.Capacity}{For(o.Sources)}";
    }

    private static void Add(List<string> parts, bool holds, string part)
    {
        if (holds)
        {
            parts.Add(part);
        }
    }

    private static string For(IReadOnlyCollection<string>? sources) => sources is null ? "" : $"; for {string.Join(", ", sources)}";

    private static string Of(IReadOnlyCollection<string>? labels) => labels is null ? "" : $" of {string.Join(", ", labels)}";

    // As written in the file: DropOldest is drop_oldest.
    private static string ToYamlName(Enum value) => value is QueuePolicy
        ? System.Text.Json.JsonNamingPolicy.SnakeCaseLower.ConvertName(value.ToString())
        : value.ToString().ToLowerInvariant();

    private static string Invariant(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
