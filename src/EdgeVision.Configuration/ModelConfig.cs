namespace EdgeVision.Configuration;

/// <summary>A model as the configuration has it.</summary>
public sealed record ModelConfig
{
    /// <summary>Unique name, in results and messages.</summary>
    public required string Name { get; init; }

    /// <summary>ONNX file.</summary>
    public required string Path { get; init; }

    /// <summary>How it is loaded. A confidence that is left out is 0.1 where objects are followed: low scores keep tracks alive.</summary>
    public RuntimeOptions Runtime { get; init; } = new();

    /// <summary>Frames together and sources, for a model that looks at whole frames.</summary>
    public FrameModelOptions Frames { get; init; } = new();

    /// <summary>Which detections, for a model that looks at what another found; null for one that looks at whole frames.</summary>
    public CropModelOptions? Crops { get; init; }

    /// <summary>Where the file speaks of it.</summary>
    public ConfigPlace At { get; init; }
}

/// <summary>Trackers by name.</summary>
public enum TrackerKind
{
    /// <summary><see cref="ByteTracker"/>.</summary>
    ByteTrack,
    /// <summary><see cref="OcSortTracker"/>.</summary>
    OcSort,
    /// <summary><see cref="BotSortTracker"/>.</summary>
    BotSort,
}

/// <summary>How objects are followed.</summary>
public sealed record TrackingConfig
{
    /// <summary>Confidence of a detector whose objects are followed, where none is given: low scores keep tracks alive.</summary>
    public const float Confidence = 0.1f;

    /// <summary>Which tracker.</summary>
    public TrackerKind Tracker { get; init; }

    /// <summary>Frames a second that reach the tracker: how long lost tracks are kept.</summary>
    public double FrameRate { get; init; } = 30;

    /// <summary>Whether a track keeps to the class it began with.</summary>
    public bool ByClass { get; init; }

    /// <summary>Whether keypoints of tracked objects are steadied.</summary>
    public bool Smooth { get; init; }

    /// <summary>Whether detections that are on no track stay in the result.</summary>
    public bool KeepUntracked { get; init; }

    /// <summary>Embedding model that tells objects apart by their looks, for BoT-SORT; null for none.</summary>
    public string? Appearance { get; init; }

    /// <summary>Sources whose objects are followed; null for all.</summary>
    public IReadOnlyCollection<string>? Sources { get; init; }

    /// <summary>Where the file speaks of it.</summary>
    public ConfigPlace At { get; init; }
}

/// <summary>A rule as the configuration has it.</summary>
/// <param name="Name">Unique name.</param>
/// <param name="Kind">zone, line, count or repetitions.</param>
/// <param name="Create">Makes an instance for one source.</param>
/// <param name="Sources">Sources it watches; null for all.</param>
/// <param name="Labels">Labels it speaks of; null for all.</param>
public sealed record RuleConfig(string Name, string Kind, Func<IPipelineRule> Create, IReadOnlyCollection<string>? Sources, IReadOnlyCollection<string>? Labels)
{
    /// <summary>Where the file speaks of it.</summary>
    public ConfigPlace At { get; init; }
}
