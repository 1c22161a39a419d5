using System.Globalization;
using EdgeVision.Imaging;
using EdgeVision.Pipeline.Sinks;

namespace EdgeVision.Pipeline.Skia;

/// <summary>Options of an <see cref="AnnotatedImageSink"/>.</summary>
public sealed record AnnotatedImageOptions
{
    /// <summary>Gets the path of the files, such as <c>pictures/{source}-{time}.jpg</c>.</summary>
    /// <remarks>
    /// <c>{source}</c> is the source's name, <c>{frame}</c> the frame number (eight digits), <c>{time}</c> the capture time
    /// (UTC, to the millisecond). The extension (.jpg, .png, .webp) selects the format.
    /// </remarks>
    public required string Path { get; init; }

    /// <summary>Gets the interval in frames: every N-th frame of each source is written; at least 1.</summary>
    public int FrameInterval { get; init; } = 1;

    /// <summary>Gets whether only frames with events of a rule are written.</summary>
    public bool EventsOnly { get; init; }

    /// <summary>Gets what is drawn; null for the pixels alone.</summary>
    public PipelineAnnotatorOptions? AnnotatorOptions { get; init; } = new();

    /// <summary>Gets the name in the ledger; the path when null.</summary>
    public string? Name { get; init; }
}

/// <summary>
/// Writes frames as image files, with their results drawn. A file appears under its name once it is complete.
/// </summary>
public sealed class AnnotatedImageSink : FrameSink
{
    private const string SourceMark = "{source}";

    private readonly AnnotatedImageOptions _options;
    private readonly FrameRenderer _renderer;
    private readonly Dictionary<string, (long Count, (long Sequence, DateTimeOffset At) Last)> _seen = [];

    /// <summary>Initializes the sink.</summary>
    /// <param name="options">Path, interval and what is drawn.</param>
    /// <exception cref="PipelineConfigException">
    /// The extension is not that of an image, the path is the same for every frame, or the interval is below 1.
    /// </exception>
    public AnnotatedImageSink(AnnotatedImageOptions options)
        : base((options ?? throw new ArgumentNullException(nameof(options))).Name ?? options.Path)
    {
        if (!ImageFile.CanSave(options.Path))
        {
            throw new PipelineConfigException($"'{options.Path}' must end in .png, .jpg, .jpeg or .webp");
        }

        if (!options.Path.Contains("{frame}", StringComparison.Ordinal) && !options.Path.Contains("{time}", StringComparison.Ordinal))
        {
            throw new PipelineConfigException(
                $"'{options.Path}' must contain {{frame}} or {{time}}; otherwise each image would replace the previous one");
        }

        if (options.FrameInterval < 1)
        {
            throw new PipelineConfigException($"the frame interval must be at least 1; got {options.FrameInterval}");
        }

        _options = options;
        _renderer = new FrameRenderer(options.AnnotatorOptions);
    }

    /// <inheritdoc/>
    public override ValueTask WriteAsync(PipelineFrame frame, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(frame);
        if (_seen.Count > 0 && !_seen.ContainsKey(frame.Source) && !_options.Path.Contains(SourceMark, StringComparison.Ordinal))
        {
            throw new SinkException(
                $"'{_options.Path}' takes one source; to write '{frame.Source}' too, put {SourceMark} into the name", canRetry: false);
        }

        var (count, last) = _seen.GetValueOrDefault(frame.Source);
        var key = (frame.Sequence, frame.CapturedAt);
        if (count == 0 || last != key) // a retry of the same frame does not count twice
        {
            _renderer.UpdateTrails(frame);
            _seen[frame.Source] = (++count, key);
        }

        if ((count - 1) % _options.FrameInterval != 0 || _options.EventsOnly && frame.Events.Count == 0)
        {
            return ValueTask.CompletedTask;
        }

        using var picture = _renderer.Render(frame);
        try
        {
            ImageFile.Save(picture, PathOf(frame));
        }
        catch (EdgeVisionException e)
        {
            throw new SinkException(e.Message, e);
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        _renderer.Dispose();
        return base.DisposeAsync();
    }

    private string PathOf(PipelineFrame frame) => _options.Path
        .Replace(SourceMark, FileNames.MakeSafe(frame.Source), StringComparison.Ordinal)
        .Replace("{frame}", frame.Sequence.ToString("D8", CultureInfo.InvariantCulture), StringComparison.Ordinal)
        .Replace("{time}", ClipFiles.FormatTimestamp(frame.CapturedAt), StringComparison.Ordinal);
}
