namespace EdgeVision.Configuration;

/// <summary>A sink as the configuration has it.</summary>
/// <param name="Kind">jsonl, csv, video, pictures, clips, mqtt, nats, webhook, live or record.</param>
/// <param name="Create">Makes the sink, not opened.</param>
/// <param name="Options">Queue, tries, sources.</param>
public sealed record SinkConfig(string Kind, Func<SinkContext, FrameSink> Create, SinkOptions Options)
{
    /// <summary>Whether it writes to standard output, where then nothing else may be written.</summary>
    public bool UsesStandardOutput { get; init; }

    /// <summary>Where it writes to, as the file has it, without credentials.</summary>
    public string Target { get; init; } = "";
}

/// <summary>What a sink may know of the pipeline that it belongs to: what rules watch, its accounts, and what all was made from.</summary>
public sealed class SinkContext
{
    /// <summary>For sinks that are made before their pipeline is.</summary>
    /// <param name="config">The configuration.</param>
    public SinkContext(PipelineConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        Config = config;
    }

    /// <summary>The configuration.</summary>
    public PipelineConfig Config { get; }

    /// <summary>The pipeline; null before it is built.</summary>
    public VisionPipeline? Pipeline { get; private set; }

    /// <summary>Rules of a source, for their outlines; none before the pipeline is built.</summary>
    public IReadOnlyList<IPipelineRule> RulesOf(string source) => Pipeline?.RulesOf(source) ?? [];

    internal void Attach(VisionPipeline pipeline) => Pipeline = pipeline;
}
