using EdgeVision.Pipeline.Ffmpeg;
using EdgeVision.Pipeline.Sinks;

namespace EdgeVision.Pipeline.Skia;

/// <summary>Options of an <see cref="AnnotatedVideoSink"/>.</summary>
public sealed record AnnotatedVideoOptions
{
    /// <summary>
    /// Gets the file; <c>{source}</c> is replaced by the source's name and is required when there are several sources.
    /// </summary>
    public required string Path { get; init; }

    /// <summary>Gets the video's frames per second; null: estimated from the first frames.</summary>
    public double? FrameRate { get; init; }

    /// <summary>Gets what is drawn; null for the pixels alone.</summary>
    public PipelineAnnotatorOptions? AnnotatorOptions { get; init; } = new();

    /// <summary>Gets the factory of a file's writer; by default the installed ffmpeg.</summary>
    public Func<VideoTarget, IVideoWriter> CreateWriter { get; init; } = target => new FfmpegVideoWriter(target);

    /// <summary>Gets the maximum gap without frames that the video shows as a still image.</summary>
    /// <remarks>After a longer gap the video continues with the next frame.</remarks>
    public TimeSpan MaxGap { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>Gets the name in the ledger; the path when null.</summary>
    public string? Name { get; init; }
}

/// <summary>Writes frames as videos, one per source, with their results drawn.</summary>
/// <remarks>
/// A video lasts as long as its frames did, whatever their times. When <see cref="WriteAsync"/> returns, the encoder has the
/// frame; the file has the extension <c>.part</c> until it is complete.
/// </remarks>
public sealed class AnnotatedVideoSink : FrameSink
{
    private const string SourceMark = "{source}";
    private readonly AnnotatedVideoOptions _options;
    private readonly FrameRenderer _renderer;
    private readonly Dictionary<string, ConstantRateVideo> _videos = [];
    private (string Source, long Sequence, DateTimeOffset At)? _followed;

    /// <summary>Initializes a sink that writes one source's video with the installed ffmpeg.</summary>
    /// <param name="path">File: .mp4, .m4v, .mov, .mkv or .avi.</param>
    public AnnotatedVideoSink(string path)
        : this(new AnnotatedVideoOptions { Path = path })
    {
    }

    /// <summary>Initializes the sink.</summary>
    /// <param name="options">Path, rate and what is drawn.</param>
    /// <exception cref="PipelineConfigException">The rate is not above 0 or is above 1000.</exception>
    public AnnotatedVideoSink(AnnotatedVideoOptions options)
        : base((options ?? throw new ArgumentNullException(nameof(options))).Name ?? options.Path)
    {
        if (options.FrameRate is { } rate && !(rate > 0 && rate <= 1000))
        {
            throw new PipelineConfigException($"a video's frames per second must be above 0 and at most 1000; got {rate}");
        }

        _options = options;
        _renderer = new FrameRenderer(options.AnnotatorOptions);
    }

    /// <inheritdoc/>
    public override ValueTask WriteAsync(PipelineFrame frame, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(frame);
        var video = VideoOf(frame.Source);
        var key = (frame.Source, frame.Sequence, frame.CapturedAt);
        if (_followed != key)
        {
            _renderer.UpdateTrails(frame);
            _followed = key;
        }

        video.Add(_renderer.Render(frame));
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override ValueTask CompleteAsync(CancellationToken cancel)
    {
        SinkParts.CompleteAll(_videos.Values, video => video.Complete(cancel));
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

    private ConstantRateVideo VideoOf(string source)
    {
        if (_videos.TryGetValue(source, out var video))
        {
            return video;
        }

        if (_videos.Count > 0 && !_options.Path.Contains(SourceMark, StringComparison.Ordinal))
        {
            throw new SinkException(
                $"'{_options.Path}' takes one source; to write '{source}' too, put {SourceMark} into the name", canRetry: false);
        }

        string path = _options.Path.Replace(SourceMark, FileNames.MakeSafe(source), StringComparison.Ordinal);
        return _videos[source] = new ConstantRateVideo(_options.CreateWriter, path, _options.FrameRate, _options.MaxGap);
    }
}
