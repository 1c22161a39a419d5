using System.Globalization;
using EdgeVision.Frames;
using EdgeVision.Pipeline.Sinks;

namespace EdgeVision.Pipeline.Recording;

/// <summary>Records one source: its segments of frames and its results.</summary>
internal sealed class SourceRecorder : IDisposable
{
    /// <summary>Name of the results file.</summary>
    public const string ResultsFileName = "results.jsonl";

    private readonly string _folder;
    private readonly RecordingOptions _options;
    private readonly bool _references;
    private readonly RecordFile _results;
    private readonly FrameCompressor _packer = new();
    private readonly FrameLineWriter _line = new();
    private RecordFile? _segment;
    private byte[] _record = [];
    private int _segments;
    private (long Sequence, long Captured)? _withoutResults;

    public SourceRecorder(string folder, RecordingOptions options, bool references)
    {
        (_folder, _options, _references) = (folder, options, references);
        _results = new RecordFile(Path.Combine(folder, ResultsFileName), RecordFileNaming.FromStart);
    }

    /// <summary>Number of frames written with their results.</summary>
    public long Frames { get; private set; }

    /// <summary>Returns the name of a segment file.</summary>
    /// <param name="number">Number of the segment, from 1.</param>
    public static string GetSegmentName(int number) => $"frames-{number.ToString("D6", CultureInfo.InvariantCulture)}.evf";

    public void Write(PipelineFrame frame)
    {
        var line = _line.Write(frame); // first, so that no frame is written whose results cannot be
        // If the frame was written but its results were not, a retry writes only the results.
        var key = (frame.Sequence, frame.CapturedAt.UtcTicks);
        if (_withoutResults != key)
        {
            WritePixels(frame);
            _withoutResults = key;
        }

        _results.Append(line);
        _withoutResults = null;
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

    private void WritePixels(PipelineFrame shown)
    {
        var frame = shown.Frame;
        int most = FrameRecord.HeaderSize + (_references ? 0 : PackedFrame.GetByteCount(frame.Format, frame.Width, frame.Height));
        if (_record.Length < most)
        {
            _record = new byte[most];
        }

        var (stored, encoding) = _references
            ? (0, FrameEncoding.Reference)
            : _packer.Compress(frame, _options.Compress, _record.AsSpan(FrameRecord.HeaderSize));
        uint checksum = FrameRecord.Crc32C(_record.AsSpan(FrameRecord.HeaderSize, stored));
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
            && _segment.Length + FrameRecord.HeaderSize + stored > _options.MaxSegmentBytes)
        {
            StartSegment();
        }

        _segment!.Append(_record.AsSpan(0, FrameRecord.HeaderSize + stored));
    }

    private void StartSegment()
    {
        var segment = new RecordFile(
            Path.Combine(_folder, GetSegmentName(_segments + 1)), RecordFileNaming.FromStart, header: FrameRecord.FileHeader.ToArray());
        segment.Open();
        _segment?.Dispose();
        _segment = segment;
        _segments++;
    }
}
