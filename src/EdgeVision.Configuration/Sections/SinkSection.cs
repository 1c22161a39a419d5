using EdgeVision.Configuration.Sections.Sinks;
using EdgeVision.Configuration.Yaml;
using EdgeVision.Pipeline;
using EdgeVision.Pipeline.Sources;

namespace EdgeVision.Configuration.Sections;

/// <summary>Reads <c>sinks</c>: each has its kind as a key, and the keys of its queue beside it.</summary>
/// <remarks>The kind's value is a map, or the value of its main key alone.</remarks>
internal static class SinkSection
{
    /// <summary>Reads one kind of sink; returns null if there are problems.</summary>
    internal delegate Func<SinkContext, FrameSink>? Reader(ConfigMap map);

    private static readonly (string Kind, string Main, Reader Read)[] Kinds =
    [
        ("jsonl", "path", FileSinks.JsonLines),
        ("csv", "path", FileSinks.Csv),
        ("record", "path", FileSinks.Recording),
        ("video", "path", ImageSinks.Video),
        ("pictures", "path", ImageSinks.Images),
        ("clips", "path", ImageSinks.Clips),
        ("mqtt", "url", MessageSinks.Mqtt),
        ("nats", "url", MessageSinks.Nats),
        ("webhook", "url", MessageSinks.Webhook),
        ("live", "address", LivePageSink.Read),
    ];

    public static IReadOnlyList<SinkConfig> Read(ConfigMap root, PipelineConfig config)
    {
        var sinks = new List<SinkConfig>();
        var names = new HashSet<string>(StringComparer.Ordinal);
        foreach (var map in root.GetMaps("sinks", "a sink", [.. Kinds.Select(k => new MapVariant(k.Kind))]))
        {
            if (Sink(map) is { } sink)
            {
                CreateOnce(map, sink, names, new SinkContext(config));
                sinks.Add(sink);
            }
        }

        return sinks;
    }

    private static SinkConfig? Sink(ConfigMap map)
    {
        var options = new SinkOptions
        {
            Policy = PolicyReader.ReadQueuePolicy(map),
            Capacity = map.GetInt("capacity", 1, 65_536) ?? new SinkOptions().Capacity,
            Retry = PolicyReader.ReadRetry(map, "retry", RetryPolicy.ForSinks) ?? RetryPolicy.ForSinks,
            SuspendAfter = SuspendAfter(map),
            Sources = map.GetSources(),
        };
        var kinds = Kinds.Where(k => map.Keys.Contains(k.Kind)).ToArray();
        if (kinds.Length > 1)
        {
            map.Reading.AddProblem(
                map.Node, $"a sink must have only one of {string.Join(" and ", kinds.Select(k => k.Kind))}; make two sinks of it");
            return null;
        }

        if (kinds.Length == 0)
        {
            // The first key that is not one of the queue's is meant as the kind.
            string[] known = [.. Kinds.Select(k => k.Kind)];
            string? meant = map.Keys.FirstOrDefault(k => k is not ("policy" or "capacity" or "retry" or "suspend_after" or "sources"));
            map.Reading.AddProblem(map.Node, meant is null
                ? $"a sink must have one of {string.Join(", ", known)}"
                : $"there is no sink '{meant}'{Suggestion.Hint(meant, known)}");
            return null;
        }

        var (kind, main, read) = kinds[0];
        var inner = map.GetMapOrValue(kind, $"a {kind} sink", main);
        var create = read(inner);
        inner.ReportUnknownKeys();
        map.ReportUnknownKeys();
        return create is null ? null : new SinkConfig(kind, create, options)
        {
            UsesStandardOutput = kind is "jsonl" or "csv" && inner.GetString(main) == FileSinks.StandardOutput,
            Target = SourceAddress.Redact(inner.Has(main) ? inner.GetRawText(main) : ""),
        };
    }

    private static int? SuspendAfter(ConfigMap map) => map.IsWord("suspend_after", "never")
        ? null
        : map.GetInt("suspend_after") ?? new SinkOptions().SuspendAfter;

    // A sink checks its options when it is created, and has no effects before it is opened.
    private static void CreateOnce(ConfigMap map, SinkConfig config, HashSet<string> names, SinkContext context)
    {
        var sink = map.Reading.Try(map.GetNode(config.Kind), () => config.Create(context));
        if (sink is null)
        {
            return;
        }

        if (!names.Add(sink.Name))
        {
            map.AddProblem(config.Kind, $"two sinks have the name '{sink.Name}'; give one of them a 'name'");
        }

        sink.DisposeAsync().AsTask().GetAwaiter().GetResult();
    }
}
