using EdgeVision.Configuration.Yaml;
using EdgeVision.Pipeline;
using EdgeVision.Pipeline.Rules;
using EdgeVision.Tracking;

namespace EdgeVision.Configuration.Sections;

/// <summary>Reads <c>rules</c>.</summary>
internal static class RuleSection
{
    private static readonly string[] Kinds = ["zone", "line", "count", "repetitions"];

    public static IReadOnlyList<RuleConfig> Read(ConfigMap root)
    {
        var maps = root.GetMaps("rules", "a rule", [.. Kinds.Select(k => new MapVariant(k))]);
        var names = new List<string>();
        var rules = new List<RuleConfig>();
        foreach (var map in maps)
        {
            string? name = map.GetRequired("name", "name: entrance");
            UniqueNames.Check(map, names, name);
            if (Rule(map, string.IsNullOrEmpty(name) ? "rule" : name) is { } rule)
            {
                rules.Add(rule);
            }
        }

        return rules;
    }

    /// <summary>Returns whether a rule of this kind needs tracks.</summary>
    public static bool NeedsTracks(string kind) => kind is "zone" or "line";

    private static RuleConfig? Rule(ConfigMap map, string name)
    {
        string[] kinds = [.. Kinds.Where(k => map.Keys.Contains(k))];
        if (kinds.Length != 1)
        {
            map.Reading.AddProblem(map.Node, kinds.Length == 0
                ? $"a rule must have one of {string.Join(", ", Kinds)}"
                : $"a rule must have only one of {string.Join(" and ", kinds)}; make two rules of it");
            return null;
        }

        var labels = map.GetStrings("labels");
        var sources = map.GetSources();
        Func<IPipelineRule>? create = kinds[0] switch
        {
            "zone" => Zone(map, name, labels),
            "line" => Line(map, name, labels),
            "count" => Count(map, name, labels),
            _ => Repetitions(map, name, labels),
        };
        map.ReportUnknownKeys();
        // Create one instance now, so that invalid options are reported here.
        return create is null || map.Reading.Try(map.GetNode(kinds[0]), create) is null
            ? null
            : new RuleConfig(name, kinds[0], create, sources, labels) { Position = ConfigReading.GetPosition(map.GetNode("labels")) };
    }

    private static Func<IPipelineRule>? Zone(ConfigMap map, string name, IReadOnlyList<string>? labels)
    {
        var corners = map.GetPoints("zone");
        var (unit, anchor, dwell, patience) = (Unit(map), Anchor(map), map.GetDuration("dwell", allowZero: false), map.GetDuration("patience"));
        if (corners is null)
        {
            return ReportMissing(map, "zone", "corners such as [[0, 0], [100, 0], [100, 100]]");
        }

        var options = new ZoneRuleOptions { Corners = corners, Unit = unit, Anchor = anchor, Labels = labels, Dwell = dwell };
        options = patience is { } p ? options with { ExitDelay = p } : options;
        return () => new ZoneRule(name, options);
    }

    private static Func<IPipelineRule>? Line(ConfigMap map, string name, IReadOnlyList<string>? labels)
    {
        var ends = map.GetPoints("line");
        var (unit, anchor, right, left, margin) =
            (Unit(map), Anchor(map), map.GetString("to_right"), map.GetString("to_left"), map.GetDouble("margin", 0, 10_000));
        if (ends is null)
        {
            return ReportMissing(map, "line", "two ends such as [[0, 240], [640, 240]]");
        }

        if (ends.Count != 2)
        {
            map.AddProblem("line", $"a line must have two ends; got {ends.Count}");
            return null;
        }

        var defaults = new LineRuleOptions { Start = ends[0], End = ends[1] };
        var options = defaults with
        {
            Unit = unit,
            Anchor = anchor,
            Labels = labels,
            ToRightName = right ?? defaults.ToRightName,
            ToLeftName = left ?? defaults.ToLeftName,
            Margin = (float?)margin ?? defaults.Margin,
        };
        return () => new LineRule(name, options);
    }

    // "count: {}" or "count:" alone counts in the whole frame.
    private static Func<IPipelineRule>? Count(ConfigMap map, string name, IReadOnlyList<string>? labels)
    {
        var options = new CountRuleOptions { Labels = labels, Unit = Unit(map), Anchor = Anchor(map) };
        if (map.GetMap("count", "'count'", allowEmpty: true) is { } count)
        {
            var corners = count.GetPoints("in");
            options = options with
            {
                Corners = corners,
                Limit = count.GetInt("limit"),
                Release = count.GetInt("release", 0),
                HoldTime = count.GetDuration("for") ?? TimeSpan.Zero,
            };
            count.ReportUnknownKeys();
            if (count.Has("in") && corners is null)
            {
                return null;
            }
        }

        return () => new CountRule(name, options);
    }

    private static Func<IPipelineRule>? Repetitions(ConfigMap map, string name, IReadOnlyList<string>? labels)
    {
        if (map.GetMap("repetitions", "'repetitions'") is not { } of)
        {
            return ReportMissing(map, "repetitions", "{joints: [hip, knee, ankle], low: 100, high: 160}");
        }

        var joints = of.GetStrings("joints");
        double? low = of.GetDouble("low"), high = of.GetDouble("high");
        var from = of.GetEnum<RepetitionPhase>("from", ("low", RepetitionPhase.Low), ("high", RepetitionPhase.High));
        var least = of.GetDuration("least");
        double? score = of.GetDouble("min_score", 0, 1);
        of.ReportUnknownKeys();
        of.Require("joints", "low", "high");
        if (joints is null || low is null || high is null)
        {
            return null;
        }

        var defaults = new RepetitionRuleOptions { Joints = joints, Low = low.Value, High = high.Value };
        var options = defaults with
        {
            StartPhase = from ?? defaults.StartPhase,
            MinDuration = least ?? defaults.MinDuration,
            MinScore = (float?)score ?? defaults.MinScore,
            Labels = labels,
        };
        return () => new RepetitionRule(name, options);
    }

    private static PointUnit Unit(ConfigMap map) =>
        map.GetEnum<PointUnit>("unit", ("pixels", PointUnit.Pixels), ("relative", PointUnit.Relative)) ?? PointUnit.Pixels;

    private static BoxAnchor Anchor(ConfigMap map) =>
        map.GetEnum<BoxAnchor>(
            "anchor", ("bottom", BoxAnchor.BottomCenter), ("center", BoxAnchor.Center), ("top", BoxAnchor.TopCenter))
            ?? BoxAnchor.BottomCenter;

    private static Func<IPipelineRule>? ReportMissing(ConfigMap map, string key, string example)
    {
        if (!map.Has(key))
        {
            map.AddProblem(key, $"'{key}' requires {example}");
        }

        return null;
    }
}
