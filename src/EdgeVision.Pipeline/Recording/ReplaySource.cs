using EdgeVision.Diagnostics;

namespace EdgeVision.Pipeline.Recording;

/// <summary>Options of a replay.</summary>
public sealed record ReplayOptions
{
    /// <summary>Opens a referenced file as the original source did; needed only for recordings with references.</summary>
    /// <remarks>The path may be untrusted: open nothing but files.</remarks>
    public Func<string, FrameSource>? OpenReference { get; init; }

    /// <summary>Maximum number of pixels of a frame; a record with more is rejected before memory is allocated for it.</summary>
    public long MaxPixels { get; init; } = 64_000_000;

    /// <summary>
    /// Gets whether frames arrive at their recorded pace, droppable like those of a camera; otherwise as fast as they are read.
    /// </summary>
    public bool RealTime { get; init; }

    /// <summary>Options of the comparison of results.</summary>
    public RecordingDiffOptions Diff { get; init; } = new();
}

/// <summary>Replays the recorded frames of one source: exact bytes, sequence numbers and timestamps.</summary>
/// <remarks>
/// Dropped frames leave the same gaps in the sequence numbers. Data cut off by a crash at the end is missing; a damaged frame is a
/// <see cref="FrameFormatException"/>, as from a camera.
/// </remarks>
public sealed class ReplaySource : FrameSource
{
    private readonly RecordedSource _recorded;
    private readonly ReplayOptions _options;
    private SegmentReader? _reader;
    private FrameSource? _reference;

    /// <summary>Creates a source that replays a recorded one.</summary>
    /// <param name="recorded">Source of the recording.</param>
    /// <param name="options">Options of the replay.</param>
    public ReplaySource(RecordedSource recorded, ReplayOptions? options = null)
        : base((recorded ?? throw new ArgumentNullException(nameof(recorded))).Name) =>
        (_recorded, _options) = (recorded, options ?? new ReplayOptions());

    /// <inheritdoc/>
    public override bool IsLive => false;

    /// <inheritdoc/>
    public override long? FrameCount => _recorded.Entry.Frames;

    /// <summary>Number of incomplete bytes that a crash left at the ends of files; known once everything is read.</summary>
    public long TruncatedBytes => _reader?.TruncatedBytes ?? 0;

    /// <inheritdoc/>
    public override void Open(CancellationToken cancel)
    {
        if (_recorded.Entry.Reference is { } file)
        {
            if (_options.OpenReference is null)
            {
                throw new SourceException(
                    $"the recording refers to '{file.Path}'; "
                        + $"set {nameof(ReplayOptions)}.{nameof(ReplayOptions.OpenReference)} to replay it",
                    canRetry: false);
            }

            var found = new FileInfo(file.Path);
            if (!found.Exists || found.Length != file.Bytes)
            {
                throw new SourceException(
                    $"the recording refers to '{file.Path}' of {file.Bytes} bytes, which "
                        + (found.Exists ? "has changed since" : "no longer exists"),
                    canRetry: false);
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

            return record.Encoding == FrameEncoding.Reference ? ReadReferenced(record, pool, cancel) : ReadStored(record, stored, pool);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new SourceException($"reading the recording of '{Name}' failed: {ErrorText.ToSingleLine(e.Message)}", e, canRetry: false);
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

    private Frame ReadStored(FrameRecord record, ReadOnlySpan<byte> stored, FramePool pool)
    {
        var frame = pool.Rent(record.Format, record.Width, record.Height, Name, record.Sequence, record.Timestamp);
        if (FrameCompressor.TryDecompress(stored, record.Encoding, frame))
        {
            return frame;
        }

        frame.Dispose();
        throw new FrameFormatException($"frame {record.Sequence} of '{Name}' does not match its record");
    }

    // The frames of the file in between were dropped during the recording.
    private Frame ReadReferenced(FrameRecord record, FramePool pool, CancellationToken cancel)
    {
        if (_reference is null)
        {
            throw new FrameFormatException($"frame {record.Sequence} of '{Name}' refers to a file that is missing in the manifest");
        }

        while (true)
        {
            cancel.ThrowIfCancellationRequested();
            Frame frame;
            try
            {
                frame = _reference.Read(pool, cancel) ?? throw new SourceException(
                    $"'{_recorded.Entry.Reference!.Path}' ends before frame {record.Sequence}", canRetry: false);
            }
            catch (FrameFormatException)
            {
                continue; // it was not recorded either
            }

            if (frame.Sequence == record.Sequence
                && frame.Format == record.Format
                && frame.Width == record.Width
                && frame.Height == record.Height)
            {
                return frame;
            }

            bool before = frame.Sequence < record.Sequence;
            frame.Dispose();
            if (!before)
            {
                throw new FrameFormatException(
                    $"frame {record.Sequence} of '{_recorded.Entry.Reference!.Path}' is not the recorded one of "
                        + $"{record.Width}x{record.Height} {record.Format}");
            }
        }
    }
}
