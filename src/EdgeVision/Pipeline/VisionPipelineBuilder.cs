namespace EdgeVision;

/// <summary>
/// Puts a pipeline together: sources, a model that looks at frames, trackers, models that look at what was found, rules and sinks.
/// <code>
/// await using var pipeline = new VisionPipelineBuilder()
///     .AddSource("door", () => new TestPatternSource(new TestPatternOptions()))
///     .AddModel(() => VisionModel.Load("people.onnx"))
///     .Track(() => new ByteTracker())
///     .AddSink(new JsonLinesSink("people.jsonl"))
///     .Build();
/// var accounts = await pipeline.RunAsync();
/// </code>
/// </summary>
public sealed class VisionPipelineBuilder
{
    internal sealed record Source(string Name, Func<FrameSource> Create, SourceOptions Options);

    internal sealed record FrameModel(string Name, Func<IFrameModel> Load, FrameModelOptions Options);

    internal sealed record CropModel(string Name, Func<IFrameModel> Load, CropModelOptions Options);

    internal sealed record Tracking(Func<ITracker> Create, Func<KeypointSmoother>? Smoother, bool KeepUntracked, IReadOnlyCollection<string>? Sources);

    internal sealed record Rule(Func<IPipelineRule> Create, IReadOnlyCollection<string>? Sources);

    internal sealed record Sink(FrameSink Target, SinkOptions Options);

    internal List<Source> Sources { get; } = [];

    internal List<FrameModel> FrameModels { get; } = [];

    internal List<CropModel> CropModels { get; } = [];

    internal List<Tracking> Trackings { get; } = [];

    internal List<Rule> Rules { get; } = [];

    internal List<Sink> Sinks { get; } = [];

    internal List<Action<VisionPipeline>> Built { get; } = [];

    internal TimeProvider Clock { get; private set; } = TimeProvider.System;

    internal int Seed { get; private set; } = Environment.TickCount;

    /// <summary>Adds a source; it is made anew each time it has to be opened.</summary>
    /// <param name="name">Unique name, without credentials.</param>
    /// <param name="create">Makes the source, not opened.</param>
    /// <param name="options">Queue, pace, reconnection.</param>
    public VisionPipelineBuilder AddSource(string name, Func<FrameSource> create, SourceOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(create);
        Sources.Add(new Source(name, create, options ?? new SourceOptions()));
        return this;
    }

    /// <summary>Adds a model that looks at whole frames. Each source is served by one.</summary>
    /// <param name="load">Loads it, with <see cref="RuntimeOptions.BatchSize"/> at least <see cref="FrameModelOptions.MaxBatch"/>; the pipeline disposes it.</param>
    /// <param name="options">Batches, and the sources that it serves.</param>
    /// <param name="name">Unique name; the model's own where absent.</param>
    public VisionPipelineBuilder AddModel(Func<VisionModel> load, FrameModelOptions? options = null, string name = "")
    {
        ArgumentNullException.ThrowIfNull(load);
        return AddModel(() => new LoadedModel(load()), options, name);
    }

    internal VisionPipelineBuilder AddModel(Func<IFrameModel> load, FrameModelOptions? options = null, string name = "")
    {
        FrameModels.Add(new FrameModel(name, load, options ?? new FrameModelOptions()));
        return this;
    }

    /// <summary>Adds a model that looks at the parts of a frame where something was found: a classifier, an embedder, a top-down pose model.</summary>
    /// <param name="load">Loads it; the pipeline disposes it.</param>
    /// <param name="options">Which detections, with how much room.</param>
    /// <param name="name">Unique name in results; the model's own where absent.</param>
    public VisionPipelineBuilder AddCropModel(Func<VisionModel> load, CropModelOptions? options = null, string name = "")
    {
        ArgumentNullException.ThrowIfNull(load);
        return AddCropModel(() => new LoadedModel(load()), options, name);
    }

    internal VisionPipelineBuilder AddCropModel(Func<IFrameModel> load, CropModelOptions? options = null, string name = "")
    {
        CropModels.Add(new CropModel(name, load, options ?? new CropModelOptions()));
        return this;
    }

    /// <summary>Follows objects from frame to frame; each source gets a tracker of its own.</summary>
    /// <param name="create">Makes a tracker.</param>
    /// <param name="smoother">Makes what steadies keypoints; null leaves them.</param>
    /// <param name="keepUntracked">Whether detections that are on no track stay in the result.</param>
    /// <param name="sources">Names of the sources; null for all.</param>
    public VisionPipelineBuilder Track(Func<ITracker> create, Func<KeypointSmoother>? smoother = null, bool keepUntracked = false, IReadOnlyCollection<string>? sources = null)
    {
        ArgumentNullException.ThrowIfNull(create);
        Trackings.Add(new Tracking(create, smoother, keepUntracked, sources));
        return this;
    }

    /// <summary>Adds a rule; each source gets an instance of its own.</summary>
    /// <param name="create">Makes the rule.</param>
    /// <param name="sources">Names of the sources; null for all.</param>
    public VisionPipelineBuilder AddRule(Func<IPipelineRule> create, IReadOnlyCollection<string>? sources = null)
    {
        ArgumentNullException.ThrowIfNull(create);
        Rules.Add(new Rule(create, sources));
        return this;
    }

    /// <summary>Adds a sink; the pipeline disposes it.</summary>
    /// <param name="sink">Where results go.</param>
    /// <param name="options">Queue, tries, sources.</param>
    public VisionPipelineBuilder AddSink(FrameSink sink, SinkOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(sink);
        Sinks.Add(new Sink(sink, options ?? new SinkOptions()));
        return this;
    }

    /// <summary>Takes time from another clock, for tests and replays.</summary>
    /// <param name="clock">Where time comes from.</param>
    /// <param name="seed">Seed of what chance decides: the spread of delays.</param>
    public VisionPipelineBuilder UseClock(TimeProvider clock, int? seed = null)
    {
        ArgumentNullException.ThrowIfNull(clock);
        Clock = clock;
        Seed = seed ?? Seed;
        return this;
    }

    /// <summary>Calls back with the pipeline once it is made, for sinks that ask it for accounts or for what its rules watch.</summary>
    /// <param name="built">Called by <see cref="Build"/>.</param>
    public VisionPipelineBuilder WhenBuilt(Action<VisionPipeline> built)
    {
        ArgumentNullException.ThrowIfNull(built);
        Built.Add(built);
        return this;
    }

    /// <summary>Checks the whole, loads the models and makes the pipeline.</summary>
    /// <exception cref="PipelineConfigException">Something is missing, or named twice, or does not fit.</exception>
    /// <exception cref="EdgeVisionException">A model cannot be loaded.</exception>
    public VisionPipeline Build()
    {
        var pipeline = new VisionPipeline(this);
        Built.ForEach(b => b(pipeline));
        return pipeline;
    }
}
