using System.Globalization;

namespace EdgeVision.Imaging;

/// <summary>What an <see cref="AnnotatedPictureSink"/> writes, and where.</summary>
public sealed record AnnotatedPictureOptions
{
    /// <summary>
    /// Files: <c>{source}</c>, <c>{frame}</c> (its number, eight digits) and <c>{time}</c> (when it was captured, UTC, to the millisecond) stand for
    /// themselves, the extension (.jpg, .png, .webp) for the format. Like <c>pictures/{source}-{time}.jpg</c>.
    /// </summary>
    public required string Path { get; init; }

    /// <summary>Of each source every N-th frame that comes; at least 1.</summary>
    public int Every { get; init; } = 1;

    /// <summary>Whether only frames on which a rule saw something happen are written.</summary>
    public bool EventsOnly { get; init; }

    /// <summary>What is drawn; null for the pixels alone.</summary>
    public PipelineAnnotatorOptions? Annotate { get; init; } = new();

    /// <summary>Name in the ledger; the path where absent.</summary>
    public string? Name { get; init; }
}

/// <summary>Writes frames with what was found on them as pictures. A file has its name once all of it is written.</summary>
public sealed class AnnotatedPictureSink : FrameSink
{
    private const string SourceMark = "{source}";

    private readonly AnnotatedPictureOptions _options;
    private readonly FrameRenderer _renderer;
    private readonly Dictionary<string, (long Count, (long Sequence, DateTimeOffset At) Last)> _seen = [];

    /// <summary>Writes as told.</summary>
    /// <param name="options">What and where.</param>
    /// <exception cref="PipelineConfigException">The extension is none of a picture, the path is the same for each frame, or N is below 1.</exception>
    public AnnotatedPictureSink(AnnotatedPictureOptions options)
        : base((options ?? throw new ArgumentNullException(nameof(options))).Name ?? options.Path)
    {
        if (!ImageFile.CanSave(options.Path))
        {
            throw new PipelineConfigException($"'{options.Path}' must end in .png, .jpg, .jpeg or .webp");
        }

        if (!options.Path.Contains("{frame}", StringComparison.Ordinal) && !options.Path.Contains("{time}", StringComparison.Ordinal))
        {
            throw new PipelineConfigException($"'{options.Path}' needs {{frame}} or {{time}}, or each picture would replace the one before");
        }

        if (options.Every < 1)
        {
            throw new PipelineConfigException($"every {options.Every} frames is not possible; 1 is the least");
        }

        _options = options;
        _renderer = new FrameRenderer(options.Annotate);
    }

    /// <inheritdoc/>
    public override ValueTask WriteAsync(PipelineFrame frame, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(frame);
        if (_seen.Count > 0 && !_seen.ContainsKey(frame.Source) && !_options.Path.Contains(SourceMark, StringComparison.Ordinal))
        {
            throw new SinkException($"'{_options.Path}' takes one source, and '{frame.Source}' is another; put {SourceMark} into the name", canRetry: false);
        }

        var (count, last) = _seen.GetValueOrDefault(frame.Source);
        var key = (frame.Sequence, frame.CapturedAt);
        if (count == 0 || last != key) // another try of a frame does not count twice
        {
            _renderer.Follow(frame);
            _seen[frame.Source] = (++count, key);
        }

        if ((count - 1) % _options.Every != 0 || _options.EventsOnly && frame.Events.Count == 0)
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
        .Replace(SourceMark, FileNames.Safe(frame.Source), StringComparison.Ordinal)
        .Replace("{frame}", frame.Sequence.ToString("D8", CultureInfo.InvariantCulture), StringComparison.Ordinal)
        .Replace("{time}", ClipFiles.Stamp(frame.CapturedAt), StringComparison.Ordinal);
}
