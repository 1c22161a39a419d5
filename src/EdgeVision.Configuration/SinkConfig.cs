using EdgeVision.Pipeline;

namespace EdgeVision.Configuration;

/// <summary>Sink of a configuration.</summary>
/// <param name="Kind">Kind: jsonl, csv, video, pictures, clips, mqtt, nats, webhook, live or record.</param>
/// <param name="Create">Creates the sink without opening it.</param>
/// <param name="Options">Queue, retries and sources.</param>
public sealed record SinkConfig(string Kind, Func<SinkContext, FrameSink> Create, SinkOptions Options)
{
    /// <summary>Gets whether the sink writes to standard output, which nothing else may use then.</summary>
    public bool UsesStandardOutput { get; init; }

    /// <summary>Gets the target as written in the file, without credentials.</summary>
    public string Target { get; init; } = "";
}

/// <summary>Context of a sink: the configuration, and the pipeline with its rules and ledger.</summary>
public sealed class SinkContext
{
    /// <summary>Initializes a context for sinks that are created before their pipeline.</summary>
    /// <param name="config">The configuration.</param>
    public SinkContext(PipelineConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        Config = config;
    }

    /// <summary>Gets the configuration.</summary>
    public PipelineConfig Config { get; }

    /// <summary>Gets the pipeline; null before it is built.</summary>
    public VisionPipeline? Pipeline { get; private set; }

    /// <summary>Returns the rules of a source, for their outlines; empty before the pipeline is built.</summary>
    public IReadOnlyList<IPipelineRule> RulesOf(string source) => Pipeline?.GetRules(source) ?? [];

    internal void Attach(VisionPipeline pipeline) => Pipeline = pipeline;
}
