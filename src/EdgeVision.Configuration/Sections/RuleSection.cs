namespace EdgeVision.Configuration;

/// <summary>Reads <c>rules</c>.</summary>
internal static class RuleSection
{
    private static readonly string[] Kinds = ["zone", "line", "count", "repetitions"];

    public static IReadOnlyList<RuleConfig> Read(ConfigMap root)
    {
        var maps = root.Maps("rules", "a rule");
        var names = new List<string>();
        var rules = new List<RuleConfig>();
        foreach (var map in maps)
        {
            string? name = map.Needed("name", "name: entrance");
            Names.Unique(map, names, name);
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
            map.Reading.Problem(map.Node, kinds.Length == 0
                ? $"a rule must have one of {string.Join(", ", Kinds)}"
                : $"a rule must have only one of {string.Join(" and ", kinds)}; make two rules of it");
            return null;
        }

        var labels = map.Texts("labels");
        var sources = map.Sources();
        Func<IPipelineRule>? create = kinds[0] switch
        {
            "zone" => Zone(map, name, labels),
            "line" => Line(map, name, labels),
            "count" => Count(map, name, labels),
            _ => Repetitions(map, name, labels),
        };
        map.Close();
        // Create one instance now, so that invalid options are reported here.
        return create is null || map.Reading.Try(map.At(kinds[0]), create) is null
            ? null
            : new RuleConfig(name, kinds[0], create, sources, labels) { At = ConfigReading.Place(map.At("labels")) };
    }

    private static Func<IPipelineRule>? Zone(ConfigMap map, string name, IReadOnlyList<string>? labels)
    {
        var corners = map.Points("zone");
        var (unit, anchor, dwell, patience) = (Unit(map), Anchor(map), map.Duration("dwell", zero: false), map.Duration("patience"));
        if (corners is null)
        {
            return Missing(map, "zone", "corners such as [[0, 0], [100, 0], [100, 100]]");
        }

        var options = new ZoneRuleOptions { Corners = corners, Unit = unit, Anchor = anchor, Labels = labels, Dwell = dwell };
        options = patience is { } p ? options with { Patience = p } : options;
        return () => new ZoneRule(name, options);
    }

    private static Func<IPipelineRule>? Line(ConfigMap map, string name, IReadOnlyList<string>? labels)
    {
        var ends = map.Points("line");
        var (unit, anchor, right, left, margin) =
            (Unit(map), Anchor(map), map.Text("to_right"), map.Text("to_left"), map.Number("margin", 0, 10_000));
        if (ends is null)
        {
            return Missing(map, "line", "two ends such as [[0, 240], [640, 240]]");
        }

        if (ends.Count != 2)
        {
            map.Problem("line", $"a line must have two ends; got {ends.Count}");
            return null;
        }

        var defaults = new LineRuleOptions { Start = ends[0], End = ends[1] };
        var options = defaults with
        {
            Unit = unit,
            Anchor = anchor,
            Labels = labels,
            ToRight = right ?? defaults.ToRight,
            ToLeft = left ?? defaults.ToLeft,
            Margin = (float?)margin ?? defaults.Margin,
        };
        return () => new LineRule(name, options);
    }

    // "count: {}" or "count:" alone counts in the whole frame.
    private static Func<IPipelineRule>? Count(ConfigMap map, string name, IReadOnlyList<string>? labels)
    {
        var options = new CountRuleOptions { Labels = labels, Unit = Unit(map), Anchor = Anchor(map) };
        if (map.Map("count", "'count'") is { } count)
        {
            var corners = count.Points("in");
            options = options with
            {
                Corners = corners,
                Limit = count.Whole("limit"),
                Release = count.Whole("release", 0),
                Hold = count.Duration("for") ?? TimeSpan.Zero,
            };
            count.Close();
            if (count.Has("in") && corners is null)
            {
                return null;
            }
        }

        return () => new CountRule(name, options);
    }

    private static Func<IPipelineRule>? Repetitions(ConfigMap map, string name, IReadOnlyList<string>? labels)
    {
        if (map.Map("repetitions", "'repetitions'") is not { } of)
        {
            return Missing(map, "repetitions", "{joints: [hip, knee, ankle], low: 100, high: 160}");
        }

        var joints = of.Texts("joints");
        double? low = of.Number("low"), high = of.Number("high");
        var from = of.Choice<RepetitionPhase>("from", ("low", RepetitionPhase.Low), ("high", RepetitionPhase.High));
        var least = of.Duration("least");
        double? score = of.Number("min_score", 0, 1);
        of.Close();
        foreach (string key in (string[])["joints", "low", "high"])
        {
            if (!of.Has(key))
            {
                of.Reading.Problem(of.Node, $"'repetitions' requires '{key}'");
            }
        }

        if (joints is null || low is null || high is null)
        {
            return null;
        }

        var defaults = new RepetitionRuleOptions { Joints = joints, Low = low.Value, High = high.Value };
        var options = defaults with
        {
            From = from ?? defaults.From,
            Least = least ?? defaults.Least,
            MinScore = (float?)score ?? defaults.MinScore,
            Labels = labels,
        };
        return () => new RepetitionRule(name, options);
    }

    private static PointUnit Unit(ConfigMap map) =>
        map.Choice<PointUnit>("unit", ("pixels", PointUnit.Pixels), ("relative", PointUnit.Relative)) ?? PointUnit.Pixels;

    private static BoxAnchor Anchor(ConfigMap map) =>
        map.Choice<BoxAnchor>(
            "anchor", ("bottom", BoxAnchor.BottomCenter), ("center", BoxAnchor.Center), ("top", BoxAnchor.TopCenter))
            ?? BoxAnchor.BottomCenter;

    private static Func<IPipelineRule>? Missing(ConfigMap map, string key, string example)
    {
        if (!map.Has(key))
        {
            map.Problem(key, $"'{key}' requires {example}");
        }

        return null;
    }
}
