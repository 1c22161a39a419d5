namespace EdgeVision.Imaging;

/// <summary>What an <see cref="AnnotatedVideoSink"/> writes, and where.</summary>
public sealed record AnnotatedVideoOptions
{
    /// <summary>The file; <c>{source}</c> stands for the source's name and is needed where there are several.</summary>
    public required string Path { get; init; }

    /// <summary>Frames a second of the video; null: as the first frames come.</summary>
    public double? FrameRate { get; init; }

    /// <summary>What is drawn; null for the pixels alone.</summary>
    public PipelineAnnotatorOptions? Annotate { get; init; } = new();

    /// <summary>Makes the writer of a file; the installed ffmpeg where nothing else is said.</summary>
    public Func<VideoTarget, IVideoWriter> Writer { get; init; } = target => new FfmpegVideoWriter(target);

    /// <summary>Longest time without frames that the video shows as a standing picture; beyond it goes on with the next frame.</summary>
    public TimeSpan LongestGap { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Name in the ledger; the path where absent.</summary>
    public string? Name { get; init; }
}

/// <summary>
/// Writes frames with what was found on them as videos, one a source, which last as long as the frames did whatever their times. Returning from
/// <see cref="WriteAsync"/> means that the encoder has the frame; the file has its name once it is complete, and is <c>.part</c> before.
/// </summary>
public sealed class AnnotatedVideoSink : FrameSink
{
    private const string SourceMark = "{source}";
    private readonly AnnotatedVideoOptions _options;
    private readonly FrameRenderer _renderer;
    private readonly Dictionary<string, PacedVideo> _videos = [];
    private (string Source, long Sequence, DateTimeOffset At)? _followed;

    /// <summary>Writes one source's video with the installed ffmpeg.</summary>
    /// <param name="path">The file: .mp4, .m4v, .mov, .mkv or .avi.</param>
    public AnnotatedVideoSink(string path)
        : this(new AnnotatedVideoOptions { Path = path })
    {
    }

    /// <summary>Writes as told.</summary>
    /// <param name="options">What and where.</param>
    /// <exception cref="PipelineConfigException">The rate is not above 0.</exception>
    public AnnotatedVideoSink(AnnotatedVideoOptions options)
        : base((options ?? throw new ArgumentNullException(nameof(options))).Name ?? options.Path)
    {
        if (options.FrameRate is { } rate && !(rate > 0 && rate <= 1000))
        {
            throw new PipelineConfigException($"a video of {rate} frames a second is not possible; give more than 0 and at most 1000");
        }

        _options = options;
        _renderer = new FrameRenderer(options.Annotate);
    }

    /// <inheritdoc/>
    public override ValueTask WriteAsync(PipelineFrame frame, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(frame);
        var video = VideoOf(frame.Source);
        var key = (frame.Source, frame.Sequence, frame.CapturedAt);
        if (_followed != key)
        {
            _renderer.Follow(frame);
            _followed = key;
        }

        video.Add(_renderer.Render(frame));
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override ValueTask CompleteAsync(CancellationToken cancel)
    {
        SinkParts.Complete(_videos.Values, video => video.Complete(cancel));
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        foreach (var video in _videos.Values)
        {
            video.Dispose();
        }

        _renderer.Dispose();
        return base.DisposeAsync();
    }

    private PacedVideo VideoOf(string source)
    {
        if (_videos.TryGetValue(source, out var video))
        {
            return video;
        }

        if (_videos.Count > 0 && !_options.Path.Contains(SourceMark, StringComparison.Ordinal))
        {
            throw new SinkException($"'{_options.Path}' takes one source, and '{source}' is another; put {SourceMark} into the name", canRetry: false);
        }

        string path = _options.Path.Replace(SourceMark, FileNames.Safe(source), StringComparison.Ordinal);
        return _videos[source] = new PacedVideo(_options.Writer, path, _options.FrameRate, _options.LongestGap);
    }
}
