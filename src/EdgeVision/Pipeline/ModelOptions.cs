namespace EdgeVision;

/// <summary>How a pipeline uses a model that looks at whole frames.</summary>
public sealed record FrameModelOptions
{
    /// <summary>Most frames of different sources, or of one that has several waiting, in one run. More than 1 needs a graph whose batch is open.</summary>
    public int MaxBatch { get; init; } = 1;

    /// <summary>How long a run waits for more frames once it has one and a source could still give another.</summary>
    public TimeSpan MaxWait { get; init; } = TimeSpan.Zero;

    /// <summary>Names of the sources that the model serves; null for all that no other model serves.</summary>
    public IReadOnlyCollection<string>? Sources { get; init; }
}

/// <summary>How a pipeline uses a model that looks at the parts of a frame where something was found.</summary>
public sealed record CropModelOptions
{
    /// <summary>Labels of the detections that it looks at; null for all.</summary>
    public IReadOnlyCollection<string>? Labels { get; init; }

    /// <summary>Room added around a box on each side, as a share of its width and height; at least 0.</summary>
    public float Margin { get; init; }

    /// <summary>Shortest side of a box that is looked at, in pixels.</summary>
    public float MinSide { get; init; } = 8;

    /// <summary>Most detections a frame, the best first; at least 1.</summary>
    public int Most { get; init; } = 16;

    /// <summary>A tracked object is looked at on every N-th frame of its track, and what was said of it stands in between; at least 1.</summary>
    public int Every { get; init; } = 1;

    /// <summary>Names of the sources whose detections it looks at; null for all.</summary>
    public IReadOnlyCollection<string>? Sources { get; init; }
}

/// <summary>How serious a notice is.</summary>
public enum NoticeLevel
{
    /// <summary>For who wants to follow what happens.</summary>
    Information,
    /// <summary>Something went wrong and is being dealt with.</summary>
    Warning,
    /// <summary>Something is given up.</summary>
    Error,
}

/// <summary>What a pipeline has to say while it runs: a source that comes back, a sink that is given up. Never holds credentials.</summary>
/// <param name="Level">How serious.</param>
/// <param name="Component">Source, model or sink that it is about.</param>
/// <param name="Message">One line.</param>
public readonly record struct PipelineNotice(NoticeLevel Level, string Component, string Message);
