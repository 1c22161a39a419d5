namespace EdgeVision.Imaging;

/// <summary>Which pictures a <see cref="PictureSource"/> shows and how.</summary>
public sealed record PictureOptions
{
    /// <summary>Pictures, folders of pictures, and patterns (<c>*</c> and <c>?</c> in the file's name), one after the other.</summary>
    public required IReadOnlyList<string> Paths { get; init; }

    /// <summary>Frames a second, from which timestamps follow; null: pictures without a time, all at 0.</summary>
    public double? Rate { get; init; }

    /// <summary>Whether it begins again after the last, for ever.</summary>
    public bool Loop { get; init; }

    /// <summary>A picture whose header says more pixels is refused.</summary>
    public long MaxPixels { get; init; } = ImageFile.DefaultMaxPixels;

    /// <summary>Name for results and messages; null the first path.</summary>
    public string? Name { get; init; }
}

/// <summary>
/// Pictures as frames (BGRA32), those of a folder or pattern by name. What there is is looked up once, when it is opened; a picture that is
/// broken or has vanished when its turn comes is a <see cref="FrameFormatException"/>, and the next one follows. A frame's source is its file.
/// </summary>
public sealed class PictureSource : FrameSource
{
    private readonly PictureOptions _options;
    private List<string> _files = [];
    private long _sequence;
    private volatile bool _aborted;

    /// <summary>Takes note of what is to be shown.</summary>
    public PictureSource(PictureOptions options)
        : base(NameFor(options))
    {
        if (options.Rate is not (null or (> 0 and < double.PositiveInfinity)))
        {
            throw new PipelineConfigException($"'{Name}': the rate is above 0");
        }

        _options = options;
    }

    /// <inheritdoc/>
    public override bool IsLive => false;

    /// <inheritdoc/>
    public override double? FrameRate => _options.Rate;

    /// <inheritdoc/>
    public override long? FrameCount => _options.Loop ? null : _files.Count;

    /// <summary>The picture files that a path stands for, by name: itself, those of a folder, those that match a pattern. Empty where there is none.</summary>
    public static IReadOnlyList<string> Find(string path)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        if (Directory.Exists(path))
        {
            return [.. Directory.EnumerateFiles(path).Where(file => ImageFile.Extensions.Contains(Path.GetExtension(file).ToLowerInvariant())).Order(StringComparer.Ordinal)];
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
                var found = Find(path);
                _files.AddRange(found.Count > 0 ? found : throw new SourceException(
                    $"there is no picture at '{path}' (a file, a folder with {string.Join(", ", ImageFile.Extensions)}, or a pattern such as 'photos/*.jpg')", canRetry: false));
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
        var timestamp = _options.Rate is { } rate ? TimeSpan.FromSeconds(sequence / rate) : TimeSpan.Zero;
        return ImageFile.Decode(ImageFile.ReadFile(file), file, pool, sequence, timestamp, _options.MaxPixels);
    }

    /// <inheritdoc/>
    public override void Abort() => _aborted = true;

    private static string NameFor(PictureOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return options.Paths.Count == 0 ? throw new PipelineConfigException("no picture is named") : options.Name is { Length: > 0 } name ? name : options.Paths[0];
    }
}
