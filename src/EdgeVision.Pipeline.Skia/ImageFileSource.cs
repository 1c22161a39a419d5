using EdgeVision.Imaging;

namespace EdgeVision.Pipeline.Skia;

/// <summary>Options of a <see cref="ImageFileSource"/>.</summary>
public sealed record ImageFileOptions
{
    /// <summary>Gets the images, folders of images, and patterns (<c>*</c> and <c>?</c> in the file name), in order.</summary>
    public required IReadOnlyList<string> Paths { get; init; }

    /// <summary>Gets the frames per second that define timestamps; null for images without time, all at 0.</summary>
    public double? FrameRate { get; init; }

    /// <summary>Gets whether the source starts again after the last image.</summary>
    public bool Loop { get; init; }

    /// <summary>Gets the maximum pixels of an image; one with more in its header is rejected.</summary>
    public long MaxPixels { get; init; } = ImageFile.DefaultMaxPixels;

    /// <summary>Gets the name in results and messages; null for the first path.</summary>
    public string? Name { get; init; }
}

/// <summary>Reads images as frames (BGRA32), those of a folder or pattern sorted by name.</summary>
/// <remarks>
/// Files are listed once, when the source is opened. An image that is damaged or missing when its turn comes is a <see
/// cref="FrameFormatException"/>, and reading continues with the next one. A frame's source is its file.
/// </remarks>
public sealed class ImageFileSource : FrameSource
{
    private readonly ImageFileOptions _options;
    private List<string> _files = [];
    private long _sequence;
    private volatile bool _aborted;

    /// <summary>Initializes the source; nothing is opened yet.</summary>
    public ImageFileSource(ImageFileOptions options)
        : base(NameFor(options))
    {
        if (options.FrameRate is not (null or (> 0 and < double.PositiveInfinity)))
        {
            throw new PipelineConfigException($"'{Name}': the rate must be above 0; got {options.FrameRate}");
        }

        _options = options;
    }

    /// <inheritdoc/>
    public override bool IsLive => false;

    /// <inheritdoc/>
    public override double? FrameRate => _options.FrameRate;

    /// <inheritdoc/>
    public override long? FrameCount => _options.Loop ? null : _files.Count;

    /// <summary>
    /// Returns the image files of a path, by name: the file itself, those of a folder, or those that match a pattern.
    /// </summary>
    /// <remarks>Empty if there are none.</remarks>
    public static IReadOnlyList<string> FindFiles(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path))
        {
            return
            [
                .. Directory.EnumerateFiles(path)
                    .Where(file => ImageFile.Extensions.Contains(Path.GetExtension(file).ToLowerInvariant()))
                    .Order(StringComparer.Ordinal),
            ];
        }

        if (File.Exists(path))
        {
            return [path];
        }

        string folder = Path.GetDirectoryName(path) is { Length: > 0 } named ? named : ".";
        return path.AsSpan().ContainsAny('*', '?') && Directory.Exists(folder)
            ? [.. Directory.EnumerateFiles(folder, Path.GetFileName(path)).Order(StringComparer.Ordinal)]
            : [];
    }

    /// <inheritdoc/>
    public override void Open(CancellationToken cancel)
    {
        foreach (string path in _options.Paths)
        {
            cancel.ThrowIfCancellationRequested();
            try
            {
                var found = FindFiles(path);
                _files.AddRange(found.Count > 0 ? found : throw new SourceException(
                    $"there is no image at '{path}'; give a file, a folder with {string.Join(", ", ImageFile.Extensions)}, " +
                    "or a pattern such as 'photos/*.jpg'", canRetry: false));
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                throw new SourceException($"'{path}' cannot be listed: {e.Message.ReplaceLineEndings(" ")}", e, canRetry: false);
            }
        }
    }

    /// <inheritdoc/>
    public override Frame? Read(FramePool pool, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        if (_aborted)
        {
            throw new SourceException($"'{Name}' was stopped");
        }

        if (!_options.Loop && _sequence >= _files.Count)
        {
            return null;
        }

        long sequence = _sequence++;
        string file = _files[(int)(sequence % _files.Count)];
        var timestamp = _options.FrameRate is { } rate ? GetDueTime(sequence, rate) : TimeSpan.Zero;
        return ImageFile.Decode(ImageFile.ReadFile(file), file, pool, sequence, timestamp, _options.MaxPixels);
    }

    /// <inheritdoc/>
    public override void Abort() => _aborted = true;

    private static string NameFor(ImageFileOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.Paths.Count == 0 ? throw new PipelineConfigException("at least one image path must be given")
            : options.Name is { Length: > 0 } name ? name
            : options.Paths[0];
    }
}
