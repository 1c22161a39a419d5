namespace EdgeVision.Imaging;

/// <summary>What a <see cref="ClipRecorderSink"/> writes, and where.</summary>
public sealed record ClipRecorderOptions
{
    /// <summary>Folder of the clips.</summary>
    public required string Folder { get; init; }

    /// <summary>Time before an event.</summary>
    public TimeSpan Before { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Time after an event; another one within it makes the clip longer.</summary>
    public TimeSpan After { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Longest clip; what goes on beyond begins another one.</summary>
    public TimeSpan Longest { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Rules whose events begin a clip; null for all.</summary>
    public IReadOnlyCollection<string>? Rules { get; init; }

    /// <summary>Kinds of events that begin a clip ("entered", "crossed"); null for all.</summary>
    public IReadOnlyCollection<string>? Kinds { get; init; }

    /// <summary>Most bytes of JPEG that are held of a source; where <see cref="Before"/> would need more, clips begin later.</summary>
    public long MostHeldBytes { get; init; } = 64 << 20;

    /// <summary>Quality of the pictures that are held, 1 to 100.</summary>
    public int HeldQuality { get; init; } = 90;

    /// <summary>Most clips in the folder, the oldest are deleted; null for any number.</summary>
    public int? MostClips { get; init; }

    /// <summary>Most bytes of clips in the folder, the oldest are deleted; null for any number. The newest stays, whatever its length.</summary>
    public long? MostBytes { get; init; }

    /// <summary>Extension of the clips.</summary>
    public string Extension { get; init; } = ".mp4";

    /// <summary>Frames a second of a clip; null: as its first frames come.</summary>
    public double? FrameRate { get; init; }

    /// <summary>What is drawn; null for the pixels alone.</summary>
    public PipelineAnnotatorOptions? Annotate { get; init; } = new();

    /// <summary>Makes the writer of a file; the installed ffmpeg where nothing else is said.</summary>
    public Func<VideoTarget, IVideoWriter> Writer { get; init; } = target => new FfmpegVideoWriter(target);

    /// <summary>Name in the ledger; the folder where absent.</summary>
    public string? Name { get; init; }
}

/// <summary>
/// Writes a clip around each event: the seconds before it, which are held as JPEG in bounded memory, and those after it. Beside each clip lies a line of JSON
/// of the same name that says the source, the times and the events.
/// </summary>
public sealed class ClipRecorderSink : FrameSink
{
    private readonly ClipRecorderOptions _options;
    private readonly FrameRenderer _renderer;
    private readonly Dictionary<string, ClipSource> _sources = [];

    /// <summary>Writes as told.</summary>
    /// <param name="options">What and where.</param>
    /// <exception cref="PipelineConfigException">A time or a limit is not possible.</exception>
    public ClipRecorderSink(ClipRecorderOptions options)
        : base((options ?? throw new ArgumentNullException(nameof(options))).Name ?? options.Folder)
    {
        if (options.Before < TimeSpan.Zero || options.After < TimeSpan.Zero || options.Longest <= options.Before + options.After)
        {
            throw new PipelineConfigException("a clip's times before and after must be 0 or more, and the longest clip longer than both");
        }

        if (options.MostHeldBytes < 1 || options.MostClips < 1 || options.MostBytes < 1 || options.HeldQuality is < 1 or > 100)
        {
            throw new PipelineConfigException("a clip recorder's limits must be above 0, and its quality 1 to 100");
        }

        _options = options;
        _renderer = new FrameRenderer(options.Annotate);
    }

    /// <inheritdoc/>
    public override ValueTask OpenAsync(CancellationToken cancel)
    {
        try
        {
            Directory.CreateDirectory(_options.Folder);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw FileErrors.Sink(_options.Folder, e);
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override ValueTask WriteAsync(PipelineFrame frame, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(frame);
        if (!_sources.TryGetValue(frame.Source, out var source))
        {
            _sources[frame.Source] = source = new ClipSource(frame.Source, _options, _renderer);
        }

        source.Add(frame);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override ValueTask CompleteAsync(CancellationToken cancel)
    {
        SinkParts.Complete(_sources.Values, source => source.Finish(cancel));
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        foreach (var source in _sources.Values)
        {
            source.Dispose();
        }

        _renderer.Dispose();
        return base.DisposeAsync();
    }
}
