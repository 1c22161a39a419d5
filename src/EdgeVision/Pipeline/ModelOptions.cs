namespace EdgeVision;

/// <summary>Options for a model that runs on whole frames.</summary>
public sealed record FrameModelOptions
{
    /// <summary>
    /// Maximum number of frames in one run, of one source or of several. More than 1 needs a model with a dynamic batch dimension.
    /// </summary>
    public int MaxBatch { get; init; } = 1;

    /// <summary>Maximum time a run waits for more frames once it has one and a source could still deliver another.</summary>
    public TimeSpan MaxWait { get; init; } = TimeSpan.Zero;

    /// <summary>Names of the sources that the model serves; null for all that no other model serves.</summary>
    public IReadOnlyCollection<string>? Sources { get; init; }
}

/// <summary>Options for a model that runs on the crops of detections.</summary>
public sealed record CropModelOptions
{
    /// <summary>Labels of the detections that the model runs on; null for all.</summary>
    public IReadOnlyCollection<string>? Labels { get; init; }

    /// <summary>Margin added to a box on each side, as a fraction of its width and height; at least 0.</summary>
    public float Margin { get; init; }

    /// <summary>Minimum length of the shorter side of a box, in pixels; smaller boxes are skipped.</summary>
    public float MinSide { get; init; } = 8;

    /// <summary>Maximum number of detections per frame, highest score first; at least 1.</summary>
    public int Most { get; init; } = 16;

    /// <summary>
    /// Interval, in frames of a track, at which the model runs on a tracked object; its last result is reused in between. At least 1.
    /// </summary>
    public int Every { get; init; } = 1;

    /// <summary>Names of the sources whose detections the model runs on; null for all.</summary>
    public IReadOnlyCollection<string>? Sources { get; init; }
}

/// <summary>Severity of a message of a pipeline.</summary>
public enum NoticeLevel
{
    /// <summary>Informational.</summary>
    Information,
    /// <summary>Something went wrong and is being handled.</summary>
    Warning,
    /// <summary>A source or sink has been given up or suspended.</summary>
    Error,
}

/// <summary>Message of a running pipeline, such as a source that reconnected or a sink that gave up. Never contains credentials.</summary>
/// <param name="Level">Severity.</param>
/// <param name="Component">Name of the source, model or sink concerned.</param>
/// <param name="Message">Text, one line.</param>
public readonly record struct PipelineNotice(NoticeLevel Level, string Component, string Message);
