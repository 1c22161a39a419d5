namespace EdgeVision;

/// <summary>What a <see cref="RecordingSink"/> holds, and where.</summary>
public sealed record RecordingOptions
{
    /// <summary>Folder of the recording; must not be one already.</summary>
    public required string Folder { get; init; }

    /// <summary>Text of the pipeline's configuration; secrets in it are not recorded.</summary>
    public string? Config { get; init; }

    /// <summary>Models that take part, their names in the pipeline with their files.</summary>
    public IReadOnlyList<KeyValuePair<string, string>> Models { get; init; } = [];

    /// <summary>Files whose frames are referred to by their number instead of being held, by the source's name: small, and void once a file is changed.</summary>
    public IReadOnlyDictionary<string, string> References { get; init; } = new Dictionary<string, string>();

    /// <summary>Whether pixels are made smaller, exactly; takes time of the processor.</summary>
    public bool Compress { get; init; } = true;

    /// <summary>Bytes of a segment file above which another begins.</summary>
    public long SegmentBytes { get; init; } = 256 << 20;

    /// <summary>Name in the ledger; the folder where absent.</summary>
    public string? Name { get; init; }
}

/// <summary>
/// Records frames and their results, to be replayed: a folder with a manifest, and for each source segment files of frames (each with its
/// length and checksum, so that a crash costs the last one at most) and a file of results as JSON lines. Give it
/// <see cref="QueuePolicy.Wait"/> where every frame matters. A frame with its results is written when <see cref="WriteAsync"/> returns.
/// </summary>
public sealed class RecordingSink : FrameSink
{
    private readonly RecordingOptions _options;
    private readonly Dictionary<string, SourceRecorder> _sources = [];
    private readonly List<RecordedSourceEntry> _entries = [];
    private RecordingManifest? _manifest;

    /// <summary>Records into one folder.</summary>
    /// <param name="folder">Folder of the recording; must not be one already.</param>
    public RecordingSink(string folder)
        : this(new RecordingOptions { Folder = folder })
    {
    }

    /// <summary>Records as told.</summary>
    /// <param name="options">What and where.</param>
    public RecordingSink(RecordingOptions options)
        : base((options ?? throw new ArgumentNullException(nameof(options))).Name ?? options.Folder) => _options = options;

    /// <inheritdoc/>
    public override ValueTask OpenAsync(CancellationToken cancel)
    {
        Guarded(() =>
        {
            if (_manifest is null && File.Exists(Path.Combine(_options.Folder, RecordingManifest.FileName)))
            {
                throw new SinkException($"'{_options.Folder}' holds a recording already; choose another folder or delete it", canRetry: false);
            }

            Directory.CreateDirectory(_options.Folder);
            var manifest = new RecordingManifest
            {
                Created = DateTimeOffset.UtcNow,
                Config = ConfigSecrets.Redact(_options.Config),
                Models = [.. _options.Models.Select(m => RecordedModel.Of(m.Key, m.Value))],
                Machine = RecordedMachine.Here(),
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
            Guarded(() => source = Begin(frame.Source));
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
                failed ??= e; // the other sources' files are ended all the same
            }
        }

        if (failed is not null)
        {
            throw failed;
        }

        if (_manifest is not null)
        {
            Guarded(() => (_manifest with
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

        string folder = FileNames.Safe(name);
        RecordedReference? reference = _options.References.TryGetValue(name, out string? file) ? new(Path.GetFullPath(file), new FileInfo(file).Length) : null;
        RecordedSourceEntry[] entries = [.. _entries, new(name, folder, reference, null)];
        (_manifest with { Sources = entries }).Write(_options.Folder);
        _entries.Add(entries[^1]);
        return _sources[name] = new SourceRecorder(Path.Combine(_options.Folder, folder), _options, reference is not null);
    }

    private void Guarded(Action act)
    {
        try
        {
            act();
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw FileErrors.Sink(_options.Folder, e);
        }
    }
}
