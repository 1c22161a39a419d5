namespace EdgeVision.Pipeline.Sinks;

/// <summary>Naming of finished files of a rotation: the part between name and extension.</summary>
public enum FileNaming
{
    /// <summary>UTC time at which the file was finished: <c>people.20260131T235959999Z.jsonl</c>.</summary>
    Time,
    /// <summary>Increasing number, which continues after a restart: <c>people.000001.jsonl</c>.</summary>
    Number,
}

/// <summary>Options for splitting output into several files. The file being written keeps the plain name.</summary>
public sealed record FileRotation
{
    /// <summary>
    /// Maximum size of a file in bytes; null for unlimited. Records are never split, so a longer record makes a longer file.
    /// </summary>
    public long? MaxBytes { get; init; }

    /// <summary>Interval of UTC time that goes into one file, counted from midnight of 1 January 2000; null for unlimited.</summary>
    public TimeSpan? Interval { get; init; }

    /// <summary>Maximum number of finished files to keep, after which the oldest are deleted; null keeps all.</summary>
    public int? MaxFiles { get; init; }

    /// <summary>Naming of finished files.</summary>
    public FileNaming Naming { get; init; } = FileNaming.Time;

    /// <summary>Gets whether finished files are compressed with gzip, in the background.</summary>
    public bool Compress { get; init; }

    /// <summary>Validates the options.</summary>
    /// <exception cref="PipelineConfigException">A limit is not above 0, or there is no limit.</exception>
    internal void Validate()
    {
        if (MaxBytes is null && Interval is null)
        {
            throw new PipelineConfigException("a rotation needs a maximum size or an interval");
        }

        if (MaxBytes <= 0 || Interval <= TimeSpan.Zero || MaxFiles < 0)
        {
            throw new PipelineConfigException(
                "the maximum size and interval of a rotation must be above 0, and the number of files to keep at least 0");
        }
    }
}
