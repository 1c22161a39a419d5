namespace EdgeVision;

/// <summary>How finished files of a rotation are named, between the name and its extension.</summary>
public enum FileNaming
{
    /// <summary>When it was finished, UTC: <c>people.20260131T235959999Z.jsonl</c>.</summary>
    Time,
    /// <summary>A number that grows, also over restarts: <c>people.000001.jsonl</c>.</summary>
    Number,
}

/// <summary>When a file that grows is finished and another begun, and how many are kept. The one being written keeps the plain name.</summary>
public sealed record FileRotation
{
    /// <summary>Bytes above which no more is added to a file; null for any size. A record is never split, so one that is longer makes a longer file.</summary>
    public long? MaxBytes { get; init; }

    /// <summary>Length of the spans of UTC time that have a file each, counted from midnight of 1 January 2000; null for any.</summary>
    public TimeSpan? Every { get; init; }

    /// <summary>Finished files that are kept, the oldest are deleted; null keeps all.</summary>
    public int? Keep { get; init; }

    /// <summary>Name of finished files.</summary>
    public FileNaming Naming { get; init; } = FileNaming.Time;

    /// <summary>Whether finished files become gzip, in the background.</summary>
    public bool Compress { get; init; }

    /// <summary>Checks what was set.</summary>
    /// <exception cref="PipelineConfigException">A limit is not above 0, or there is none.</exception>
    internal void Check()
    {
        if (MaxBytes is null && Every is null)
        {
            throw new PipelineConfigException("a rotation needs a most size or a time span");
        }

        if (MaxBytes <= 0 || Every <= TimeSpan.Zero || Keep < 0)
        {
            throw new PipelineConfigException("a rotation's size and time span must be above 0, and the files kept 0 or more");
        }
    }
}
