namespace EdgeVision.Pipeline;

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
    public int MaxPerFrame { get; init; } = 16;

    /// <summary>
    /// Interval, in frames of a track, at which the model runs on a tracked object; its last result is reused in between. At least 1.
    /// </summary>
    public int FrameInterval { get; init; } = 1;

    /// <summary>Names of the sources whose detections the model runs on; null for all.</summary>
    public IReadOnlyCollection<string>? Sources { get; init; }
}
