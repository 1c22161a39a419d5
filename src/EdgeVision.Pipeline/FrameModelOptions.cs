namespace EdgeVision.Pipeline;

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
