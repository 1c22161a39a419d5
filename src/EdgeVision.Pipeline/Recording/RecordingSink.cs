using EdgeVision.Pipeline.Sinks;

namespace EdgeVision.Pipeline.Recording;

/// <summary>Options of a <see cref="RecordingSink"/>.</summary>
public sealed record RecordingOptions
{
    /// <summary>Folder of the recording; must not contain one already.</summary>
    public required string Folder { get; init; }

    /// <summary>Text of the pipeline's configuration; secrets are removed before it is recorded.</summary>
    public string? Config { get; init; }

    /// <summary>Models used: their names in the pipeline and their files.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Models { get; init; } = [];

    /// <summary>Files, by source name, whose frames are stored as references instead of pixels.</summary>
    /// <remarks>References are small, but become invalid when the file changes.</remarks>
    public IReadOnlyDictionary<string, string> References { get; init; } = new Dictionary<string, string>();

    /// <summary>Gets whether pixels are compressed, without loss; costs CPU time.</summary>
    public bool Compress { get; init; } = true;

    /// <summary>Maximum size of a segment file in bytes, after which a new one is started.</summary>
    public long MaxSegmentBytes { get; init; } = 256 << 20;

    /// <summary>Name in statistics; null for the folder.</summary>
    public string? Name { get; init; }
}

/// <summary>Records frames and their results for replay.</summary>
/// <remarks>
/// A recording is a folder with a manifest, and for each source segment files of frames (each with its length and checksum, so that a
/// crash costs at most the last one) and a file of results as JSON lines. Use it with <see cref="QueuePolicy.Wait"/> if no frame may be
/// lost. A frame and its results are written when <see cref="WriteAsync"/> returns.
/// </remarks>
public sealed class RecordingSink : FrameSink
{
    private readonly RecordingOptions _options;
    private readonly Dictionary<string, SourceRecorder> _sources = [];
    private readonly List<RecordedSourceEntry> _entries = [];
    private RecordingManifest? _manifest;

    /// <summary>Creates a sink that records into a folder.</summary>
    /// <param name="folder">Folder of the recording; must not contain one already.</param>
    public RecordingSink(string folder)
        : this(new RecordingOptions { Folder = folder })
    {
    }

    /// <summary>Creates a sink with options.</summary>
    /// <param name="options">Options of the recording.</param>
    public RecordingSink(RecordingOptions options)
        : base((options ?? throw new ArgumentNullException(nameof(options))).Name ?? options.Folder) => _options = options;

    /// <inheritdoc/>
    public override ValueTask OpenAsync(CancellationToken cancel)
    {
        WrapErrors(() =>
        {
            if (_manifest is null && File.Exists(Path.Combine(_options.Folder, RecordingManifest.FileName)))
            {
                throw new SinkException(
                    $"'{_options.Folder}' already contains a recording; choose another folder or delete it", canRetry: false);
            }

            Directory.CreateDirectory(_options.Folder);
            var manifest = new RecordingManifest
            {
                Created = DateTimeOffset.UtcNow,
                Config = ConfigSecrets.Redact(_options.Config),
                Models = [.. _options.Models.Select(m => RecordedModel.FromFile(m.Key, m.Value))],
                Machine = RecordedMachine.GetCurrent(),
            };
            manifest.Write(_options.Folder);
            _manifest = manifest;
        });
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override ValueTask WriteAsync(PipelineFrame frame, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(frame);
        if (!_sources.TryGetValue(frame.Source, out var source))
        {
            WrapErrors(() => source = Begin(frame.Source));
        }

        source!.Write(frame);
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override async ValueTask CompleteAsync(CancellationToken cancel)
    {
        SinkException? failed = null;
        foreach (var source in _sources.Values)
        {
            try
            {
                await source.CompleteAsync(cancel).ConfigureAwait(false);
            }
            catch (SinkException e)
            {
                failed ??= e; // the files of the other sources are completed anyway
            }
        }

        if (failed is not null)
        {
            throw failed;
        }

        if (_manifest is not null)
        {
            WrapErrors(() => (_manifest with
            {
                Complete = true,
                Sources = [.. _entries.Select(e => e with { Frames = _sources[e.Name].Frames })],
            }).Write(_options.Folder));
        }
    }

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        foreach (var source in _sources.Values)
        {
            source.Dispose();
        }

        _sources.Clear();
        return base.DisposeAsync();
    }

    private SourceRecorder Begin(string name)
    {
        if (_manifest is null)
        {
            throw new SinkException($"recording '{_options.Folder}' is not open", canRetry: false);
        }

        string folder = FileNames.MakeSafe(name);
        RecordedReference? reference = _options.References.TryGetValue(name, out string? file)
            ? new(Path.GetFullPath(file), new FileInfo(file).Length)
            : null;
        RecordedSourceEntry[] entries = [.. _entries, new(name, folder, reference, null)];
        (_manifest with { Sources = entries }).Write(_options.Folder);
        _entries.Add(entries[^1]);
        return _sources[name] = new SourceRecorder(Path.Combine(_options.Folder, folder), _options, reference is not null);
    }

    private void WrapErrors(Action act)
    {
        try
        {
            act();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw FileErrors.ToSinkException(_options.Folder, e);
        }
    }
}
