using EdgeVision.Pipeline.Runners;
using EdgeVision.Tracking;

namespace EdgeVision.Pipeline;

/// <summary>
/// Builds a pipeline from sources, models on frames, trackers, models on detections, rules and sinks.
/// <code>
/// await using var pipeline = new VisionPipelineBuilder()
///     .AddSource("door", () => new TestPatternSource(new TestPatternOptions()))
///     .AddModel(() => VisionModel.Load("people.onnx"))
///     .Track(() => new ByteTracker())
///     .AddSink(new JsonLinesSink("people.jsonl"))
///     .Build();
/// var statistics = await pipeline.RunAsync();
/// </code>
/// </summary>
public sealed class VisionPipelineBuilder
{
    internal sealed record Source(string Name, Func<FrameSource> Create, SourceOptions Options);

    internal sealed record FrameModel(string Name, Func<IFrameModel> Load, FrameModelOptions Options);

    internal sealed record CropModel(string Name, Func<IFrameModel> Load, CropModelOptions Options);

    internal sealed record Tracking(
        Func<ITracker> Create, Func<KeypointSmoother>? Smoother, bool KeepUntracked, IReadOnlyCollection<string>? Sources);

    internal sealed record Rule(Func<IPipelineRule> Create, IReadOnlyCollection<string>? Sources);

    internal sealed record Sink(FrameSink Target, SinkOptions Options);

    internal List<Source> Sources { get; } = [];

    internal List<FrameModel> FrameModels { get; } = [];

    internal List<CropModel> CropModels { get; } = [];

    internal List<Tracking> Trackings { get; } = [];

    internal List<Rule> Rules { get; } = [];

    internal List<Sink> Sinks { get; } = [];

    internal List<Action<VisionPipeline>> BuiltCallbacks { get; } = [];

    internal TimeProvider Clock { get; private set; } = TimeProvider.System;

    internal int Seed { get; private set; } = Environment.TickCount;

    /// <summary>Adds a source; a new instance is created each time it has to be opened.</summary>
    /// <param name="name">Unique name, without credentials.</param>
    /// <param name="create">Creates the source, not yet opened.</param>
    /// <param name="options">Options for its queue, pace and reconnection.</param>
    public VisionPipelineBuilder AddSource(string name, Func<FrameSource> create, SourceOptions? options = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        ArgumentNullException.ThrowIfNull(create);
        Sources.Add(new Source(name, create, options ?? new SourceOptions()));
        return this;
    }

    /// <summary>Adds a model that runs on whole frames. Each source is served by one such model.</summary>
    /// <param name="load">
    /// Loads the model, with <see cref="RuntimeOptions.BatchSize"/> at least <see cref="FrameModelOptions.MaxBatch"/>; the pipeline
    /// disposes it.
    /// </param>
    /// <param name="options">Options for its batches and sources.</param>
    /// <param name="name">Unique name; empty for the model's own.</param>
    public VisionPipelineBuilder AddModel(Func<VisionModel> load, FrameModelOptions? options = null, string name = "")
    {
        ArgumentNullException.ThrowIfNull(load);
        return AddModel(() => new VisionModelAdapter(load()), options, name);
    }

    /// <summary>Adds a model of another kind than <see cref="VisionModel"/>, such as one with its own decoding.</summary>
    /// <param name="load">Creates the model; the pipeline disposes it.</param>
    /// <param name="options">Options for its batches and sources.</param>
    /// <param name="name">Unique name; empty for the model's own.</param>
    public VisionPipelineBuilder AddModel(Func<IFrameModel> load, FrameModelOptions? options = null, string name = "")
    {
        FrameModels.Add(new FrameModel(name, load, options ?? new FrameModelOptions()));
        return this;
    }

    /// <summary>Adds a model that runs on the crops of detections: a classifier, an embedder, a top-down pose model.</summary>
    /// <param name="load">Loads the model; the pipeline disposes it.</param>
    /// <param name="options">Options for the detections and margins of its crops.</param>
    /// <param name="name">Unique name in results; empty for the model's own.</param>
    public VisionPipelineBuilder AddCropModel(Func<VisionModel> load, CropModelOptions? options = null, string name = "")
    {
        ArgumentNullException.ThrowIfNull(load);
        return AddCropModel(() => new VisionModelAdapter(load()), options, name);
    }

    internal VisionPipelineBuilder AddCropModel(Func<IFrameModel> load, CropModelOptions? options = null, string name = "")
    {
        CropModels.Add(new CropModel(name, load, options ?? new CropModelOptions()));
        return this;
    }

    /// <summary>Tracks objects from frame to frame; each source gets its own tracker.</summary>
    /// <param name="create">Creates a tracker.</param>
    /// <param name="smoother">Creates a keypoint smoother; null for none.</param>
    /// <param name="keepUntracked">True to keep detections without a track in the result.</param>
    /// <param name="sources">Names of the sources; null for all.</param>
    public VisionPipelineBuilder AddTracker(
        Func<ITracker> create,
        Func<KeypointSmoother>? smoother = null,
        bool keepUntracked = false,
        IReadOnlyCollection<string>? sources = null)
    {
        ArgumentNullException.ThrowIfNull(create);
        Trackings.Add(new Tracking(create, smoother, keepUntracked, sources));
        return this;
    }

    /// <summary>Adds a rule; each source gets its own instance.</summary>
    /// <param name="create">Creates the rule.</param>
    /// <param name="sources">Names of the sources; null for all.</param>
    public VisionPipelineBuilder AddRule(Func<IPipelineRule> create, IReadOnlyCollection<string>? sources = null)
    {
        ArgumentNullException.ThrowIfNull(create);
        Rules.Add(new Rule(create, sources));
        return this;
    }

    /// <summary>Adds a sink; the pipeline disposes it.</summary>
    /// <param name="sink">The sink.</param>
    /// <param name="options">Options for its queue, retries and sources.</param>
    public VisionPipelineBuilder AddSink(FrameSink sink, SinkOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(sink);
        Sinks.Add(new Sink(sink, options ?? new SinkOptions()));
        return this;
    }

    /// <summary>Sets the clock, for tests and replays.</summary>
    /// <param name="clock">The clock.</param>
    /// <param name="seed">Seed of the random jitter of delays; null keeps the current one.</param>
    public VisionPipelineBuilder UseClock(TimeProvider clock, int? seed = null)
    {
        ArgumentNullException.ThrowIfNull(clock);
        Clock = clock;
        Seed = seed ?? Seed;
        return this;
    }

    /// <summary>Adds a callback that receives the pipeline once it is built, for sinks that need its statistics or rules.</summary>
    /// <param name="built">Called by <see cref="Build"/>.</param>
    public VisionPipelineBuilder OnBuilt(Action<VisionPipeline> built)
    {
        ArgumentNullException.ThrowIfNull(built);
        BuiltCallbacks.Add(built);
        return this;
    }

    /// <summary>Validates the configuration, loads the models and creates the pipeline.</summary>
    /// <exception cref="PipelineConfigException">A part is missing, has a duplicate name, or does not fit the others.</exception>
    /// <exception cref="EdgeVisionException">A model cannot be loaded.</exception>
    public VisionPipeline Build()
    {
        var pipeline = new VisionPipeline(this);
        BuiltCallbacks.ForEach(b => b(pipeline));
        return pipeline;
    }
}
