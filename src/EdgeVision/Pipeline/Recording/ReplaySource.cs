namespace EdgeVision;

/// <summary>How a recording is replayed.</summary>
public sealed record ReplayOptions
{
    /// <summary>
    /// Opens the file that a recording refers to, as the source that read it then did; needed for recordings with references alone. The path
    /// may come from elsewhere: open nothing but files.
    /// </summary>
    public Func<string, FrameSource>? OpenReference { get; init; }

    /// <summary>Most pixels of a frame; a record that says more is refused before anything is allocated for it.</summary>
    public long MaxPixels { get; init; } = 64_000_000;

    /// <summary>Whether frames come at the pace at which they were captured, and are then dropped like a camera's; else as fast as they are taken.</summary>
    public bool RealTime { get; init; }

    /// <summary>How results are compared.</summary>
    public RecordingDiffOptions Diff { get; init; } = new();
}

/// <summary>
/// Gives one source's recorded frames again: the exact bytes, sequence numbers (with the gaps that dropped frames left) and timestamps. What a
/// crash cut off at the end is missing; a damaged frame is a <see cref="FrameFormatException"/>, as from a camera.
/// </summary>
public sealed class ReplaySource : FrameSource
{
    private readonly RecordedSource _recorded;
    private readonly ReplayOptions _options;
    private SegmentReader? _reader;
    private FrameSource? _reference;

    /// <summary>Replays a source.</summary>
    /// <param name="recorded">The recording's source.</param>
    /// <param name="options">How.</param>
    public ReplaySource(RecordedSource recorded, ReplayOptions? options = null)
        : base((recorded ?? throw new ArgumentNullException(nameof(recorded))).Name) =>
        (_recorded, _options) = (recorded, options ?? new ReplayOptions());

    /// <inheritdoc/>
    public override bool IsLive => false;

    /// <inheritdoc/>
    public override long? FrameCount => _recorded.Entry.Frames;

    /// <summary>Bytes that a crash left at the ends of files, too few for a frame; known once everything is read.</summary>
    public long CutOff => _reader?.CutOff ?? 0;

    /// <inheritdoc/>
    public override void Open(CancellationToken cancel)
    {
        if (_recorded.Entry.Reference is { } file)
        {
            if (_options.OpenReference is null)
            {
                throw new SourceException($"the recording refers to '{file.Path}'; replay it with {nameof(ReplayOptions)}.{nameof(ReplayOptions.OpenReference)}", canRetry: false);
            }

            var found = new FileInfo(file.Path);
            if (!found.Exists || found.Length != file.Bytes)
            {
                throw new SourceException($"the recording refers to '{file.Path}' of {file.Bytes} bytes, which is {(found.Exists ? "another file now" : "not there any more")}", canRetry: false);
            }

            _reference = _options.OpenReference(file.Path);
            _reference.Open(cancel);
        }

        _reader = new SegmentReader(_recorded.Segments, _options.MaxPixels);
    }

    /// <inheritdoc/>
    public override Frame? Read(FramePool pool, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(pool);
        cancel.ThrowIfCancellationRequested();
        try
        {
            if (_reader!.Read(out var stored) is not { } record)
            {
                return null;
            }

            return record.Encoding == FrameEncoding.Reference ? Referred(record, pool, cancel) : Held(record, stored, pool);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SourceException($"the recording of '{Name}' cannot be read on: {OneLine.Of(e.Message)}", e, canRetry: false);
        }
    }

    /// <inheritdoc/>
    public override void Abort() => _reference?.Abort();

    /// <inheritdoc/>
    protected override void Dispose(bool disposing)
    {
        _reader?.Dispose();
        _reference?.Dispose();
    }

    private Frame Held(FrameRecord record, ReadOnlySpan<byte> stored, FramePool pool)
    {
        var frame = pool.Rent(record.Format, record.Width, record.Height, Name, record.Sequence, record.Timestamp);
        if (FramePacker.TryUnpack(stored, record.Encoding, frame))
        {
            return frame;
        }

        frame.Dispose();
        throw new FrameFormatException($"frame {record.Sequence} of '{Name}' is not what its record says");
    }

    // The file's frames in between were dropped when it was recorded.
    private Frame Referred(FrameRecord record, FramePool pool, CancellationToken cancel)
    {
        if (_reference is null)
        {
            throw new FrameFormatException($"frame {record.Sequence} of '{Name}' refers to a file that the manifest does not name");
        }

        while (true)
        {
            cancel.ThrowIfCancellationRequested();
            Frame frame;
            try
            {
                frame = _reference.Read(pool, cancel) ?? throw new SourceException($"'{_recorded.Entry.Reference!.Path}' ends before frame {record.Sequence}", canRetry: false);
            }
            catch (FrameFormatException)
            {
                continue; // nor was it recorded
            }

            if (frame.Sequence == record.Sequence && frame.Format == record.Format && frame.Width == record.Width && frame.Height == record.Height)
            {
                return frame;
            }

            bool before = frame.Sequence < record.Sequence;
            frame.Dispose();
            if (!before)
            {
                throw new FrameFormatException($"frame {record.Sequence} of '{_recorded.Entry.Reference!.Path}' is not the one recorded: {record.Format} of {record.Width}x{record.Height} then");
            }
        }
    }
}
