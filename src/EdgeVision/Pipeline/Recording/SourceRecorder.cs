using System.Globalization;

namespace EdgeVision;

/// <summary>Records one source: its segments of frames and its results.</summary>
internal sealed class SourceRecorder : IDisposable
{
    /// <summary>Name of the results file.</summary>
    public const string Results = "results.jsonl";

    private readonly string _folder;
    private readonly RecordingOptions _options;
    private readonly bool _references;
    private readonly RecordFile _results;
    private readonly FramePacker _packer = new();
    private readonly FrameLine _line = new();
    private RecordFile? _segment;
    private byte[] _record = [];
    private int _segments;
    private (long Sequence, long Captured)? _unanswered;

    public SourceRecorder(string folder, RecordingOptions options, bool references)
    {
        (_folder, _options, _references) = (folder, options, references);
        _results = new RecordFile(Path.Combine(folder, Results), RecordFileName.AtOnce);
    }

    /// <summary>Number of frames written with their results.</summary>
    public long Frames { get; private set; }

    /// <summary>Returns the name of a segment file.</summary>
    /// <param name="number">Number of the segment, from 1.</param>
    public static string SegmentName(int number) => $"frames-{number.ToString("D6", CultureInfo.InvariantCulture)}.evf";

    public void Write(PipelineFrame frame)
    {
        var line = _line.Of(frame); // first, so that no frame is written whose results cannot be
        // If the frame was written but its results were not, a retry writes only the results.
        var key = (frame.Sequence, frame.CapturedAt.UtcTicks);
        if (_unanswered != key)
        {
            Pixels(frame);
            _unanswered = key;
        }

        _results.Append(line);
        _unanswered = null;
        Frames++;
    }

    public async ValueTask CompleteAsync(CancellationToken cancel)
    {
        if (_segment is not null)
        {
            await _segment.CompleteAsync(cancel).ConfigureAwait(false);
        }

        await _results.CompleteAsync(cancel).ConfigureAwait(false);
    }

    public void Dispose()
    {
        _segment?.Dispose();
        _results.Dispose();
        _line.Dispose();
    }

    private void Pixels(PipelineFrame shown)
    {
        var frame = shown.Frame;
        int most = FrameRecord.Size + (_references ? 0 : FrameBytes.Count(frame.Format, frame.Width, frame.Height));
        if (_record.Length < most)
        {
            _record = new byte[most];
        }

        var (stored, encoding) = _references
            ? (0, FrameEncoding.Reference)
            : _packer.Pack(frame, _options.Compress, _record.AsSpan(FrameRecord.Size));
        uint checksum = FrameRecord.Crc32C(_record.AsSpan(FrameRecord.Size, stored));
        new FrameRecord(
            frame.Sequence,
            frame.Timestamp,
            shown.CapturedAt.UtcTicks,
            frame.Format,
            frame.Width,
            frame.Height,
            encoding,
            stored,
            checksum).Write(_record);
        if (_segment is null
            || _segment.Length > FrameRecord.FileHeader.Length
            && _segment.Length + FrameRecord.Size + stored > _options.SegmentBytes)
        {
            Next();
        }

        _segment!.Append(_record.AsSpan(0, FrameRecord.Size + stored));
    }

    private void Next()
    {
        var segment = new RecordFile(
            Path.Combine(_folder, SegmentName(_segments + 1)), RecordFileName.AtOnce, header: FrameRecord.FileHeader.ToArray());
        segment.Open();
        _segment?.Dispose();
        _segment = segment;
        _segments++;
    }
}
