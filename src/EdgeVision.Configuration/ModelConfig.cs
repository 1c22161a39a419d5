using EdgeVision.Pipeline;
using EdgeVision.Tracking;

namespace EdgeVision.Configuration;

/// <summary>Model of a configuration.</summary>
public sealed record ModelConfig
{
    /// <summary>Gets the unique name, used in results and messages.</summary>
    public required string Name { get; init; }

    /// <summary>Gets the ONNX file.</summary>
    public required string Path { get; init; }

    /// <summary>
    /// Gets the runtime options. The default confidence is 0.1 with tracking, because low scores keep tracks alive.
    /// </summary>
    public RuntimeOptions Runtime { get; init; } = new();

    /// <summary>Gets the batching and sources, for a model that runs on whole frames.</summary>
    public FrameModelOptions Frames { get; init; } = new();

    /// <summary>
    /// Gets the selection of detections, for a model that runs on another model's detections; null for whole frames.
    /// </summary>
    public CropModelOptions? Crops { get; init; }

    /// <summary>Gets the position in the file.</summary>
    public ConfigPosition Position { get; init; }
}

/// <summary>Selects the tracker.</summary>
public enum TrackerKind
{
    /// <summary><see cref="ByteTracker"/>.</summary>
    ByteTrack,
    /// <summary><see cref="OcSortTracker"/>.</summary>
    OcSort,
    /// <summary><see cref="BotSortTracker"/>.</summary>
    BotSort,
}

/// <summary>Tracking options of a configuration.</summary>
public sealed record TrackingConfig
{
    /// <summary>Default confidence of a detector whose objects are tracked; low scores keep tracks alive.</summary>
    public const float DefaultConfidence = 0.1f;

    /// <summary>Gets the tracker.</summary>
    public TrackerKind Tracker { get; init; }

    /// <summary>Gets the frames per second that reach the tracker, which determine how long lost tracks are kept.</summary>
    public double FrameRate { get; init; } = 30;

    /// <summary>Gets whether a track keeps the class it started with.</summary>
    public bool ByClass { get; init; }

    /// <summary>Gets whether keypoints of tracked objects are smoothed.</summary>
    public bool SmoothKeypoints { get; init; }

    /// <summary>Gets whether detections without a track stay in the result.</summary>
    public bool KeepUntracked { get; init; }

    /// <summary>Gets the embedding model that compares the appearance of objects, for BoT-SORT; null for none.</summary>
    public string? AppearanceModel { get; init; }

    /// <summary>Gets the sources whose objects are tracked; null for all.</summary>
    public IReadOnlyCollection<string>? Sources { get; init; }

    /// <summary>Gets the position in the file.</summary>
    public ConfigPosition Position { get; init; }
}

/// <summary>Rule of a configuration.</summary>
/// <param name="Name">Unique name.</param>
/// <param name="Kind">Kind of rule: zone, line, count or repetitions.</param>
/// <param name="Create">Creates an instance for one source.</param>
/// <param name="Sources">Sources of the rule; null for all.</param>
/// <param name="Labels">Labels of the rule; null for all.</param>
public sealed record RuleConfig(
    string Name, string Kind, Func<IPipelineRule> Create, IReadOnlyCollection<string>? Sources, IReadOnlyCollection<string>? Labels)
{
    /// <summary>Gets the position in the file.</summary>
    public ConfigPosition Position { get; init; }
}
