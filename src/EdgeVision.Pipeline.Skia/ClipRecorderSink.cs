using EdgeVision.Pipeline.Ffmpeg;
using EdgeVision.Pipeline.Sinks;

namespace EdgeVision.Pipeline.Skia;

/// <summary>Options of a <see cref="ClipRecorderSink"/>.</summary>
public sealed record ClipRecorderOptions
{
    /// <summary>Gets the folder of the clips.</summary>
    public required string Folder { get; init; }

    /// <summary>Gets the time recorded before an event.</summary>
    public TimeSpan Before { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Gets the time recorded after an event; another event within it extends the clip.</summary>
    public TimeSpan After { get; init; } = TimeSpan.FromSeconds(5);

    /// <summary>Gets the maximum length of a clip; recording continues in another one.</summary>
    public TimeSpan MaxDuration { get; init; } = TimeSpan.FromMinutes(2);

    /// <summary>Gets the rules whose events start a clip; null for all.</summary>
    public IReadOnlyCollection<string>? Rules { get; init; }

    /// <summary>Gets the kinds of events that start a clip ("entered", "crossed"); null for all.</summary>
    public IReadOnlyCollection<string>? EventKinds { get; init; }

    /// <summary>
    /// Gets the maximum bytes of JPEG buffered per source; if <see cref="Before"/> needs more, clips start later.
    /// </summary>
    public long MaxBufferedBytes { get; init; } = 64 << 20;

    /// <summary>Gets the JPEG quality of buffered images, 1 to 100.</summary>
    public int BufferQuality { get; init; } = 90;

    /// <summary>
    /// Gets the maximum number of clips in the folder, beyond which the oldest are deleted; null for no limit.
    /// </summary>
    public int? MaxClips { get; init; }

    /// <summary>
    /// Gets the maximum bytes of clips in the folder, beyond which the oldest are deleted; null for no limit.
    /// </summary>
    /// <remarks>The newest clip is always kept.</remarks>
    public long? MaxBytes { get; init; }

    /// <summary>Gets the extension of the clips.</summary>
    public string Extension { get; init; } = ".mp4";

    /// <summary>Gets the frames per second of a clip; null: estimated from its first frames.</summary>
    public double? FrameRate { get; init; }

    /// <summary>Gets what is drawn; null for the pixels alone.</summary>
    public PipelineAnnotatorOptions? AnnotatorOptions { get; init; } = new();

    /// <summary>Gets the factory of a file's writer; by default the installed ffmpeg.</summary>
    public Func<VideoTarget, IVideoWriter> CreateWriter { get; init; } = target => new FfmpegVideoWriter(target);

    /// <summary>Gets the name in the ledger; the folder when null.</summary>
    public string? Name { get; init; }
}

/// <summary>Writes a video clip around each event.</summary>
/// <remarks>
/// The seconds before the event are buffered as JPEG in bounded memory. Beside each clip, a JSON line in a file of the same
/// name contains the source, the times and the events.
/// </remarks>
public sealed class ClipRecorderSink : FrameSink
{
    private readonly ClipRecorderOptions _options;
    private readonly FrameRenderer _renderer;
    private readonly Dictionary<string, ClipWriter> _sources = [];

    /// <summary>Initializes the sink.</summary>
    /// <param name="options">Folder, times and limits.</param>
    /// <exception cref="PipelineConfigException">A time or a limit is out of range.</exception>
    public ClipRecorderSink(ClipRecorderOptions options)
        : base((options ?? throw new ArgumentNullException(nameof(options))).Name ?? options.Folder)
    {
        if (options.Before < TimeSpan.Zero || options.After < TimeSpan.Zero || options.MaxDuration <= options.Before + options.After)
        {
            throw new PipelineConfigException("a clip's times before and after must be 0 or more, and the maximum length above their sum");
        }

        if (options.MaxBufferedBytes < 1 || options.MaxClips < 1 || options.MaxBytes < 1 || options.BufferQuality is < 1 or > 100)
        {
            throw new PipelineConfigException("a clip recorder's limits must be above 0 and its quality must be 1 to 100");
        }

        _options = options;
        _renderer = new FrameRenderer(options.AnnotatorOptions);
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
            throw FileErrors.ToSinkException(_options.Folder, e);
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override ValueTask WriteAsync(PipelineFrame frame, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(frame);
        if (!_sources.TryGetValue(frame.Source, out var source))
        {
            _sources[frame.Source] = source = new ClipWriter(frame.Source, _options, _renderer);
        }

        source.Add(frame);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override ValueTask CompleteAsync(CancellationToken cancel)
    {
        SinkParts.CompleteAll(_sources.Values, source => source.Finish(cancel));
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
