using System.Buffers;
using System.Globalization;
using System.Text;

namespace EdgeVision.Pipeline.Sinks;

/// <summary>Options of a <see cref="TrackCsvSink"/>.</summary>
public sealed record TrackCsvOptions
{
    /// <summary>File, or <c>-</c> for standard output.</summary>
    public required string Path { get; init; }

    /// <summary>Rotation, each file with a header; null for one file, which has <c>.part</c> after its name until it is complete.</summary>
    public FileRotation? Rotation { get; init; }

    /// <summary>Gets whether detections without a track have rows, too, with an empty track_id.</summary>
    public bool IncludeUntracked { get; init; }

    /// <summary>Name in statistics; null for the path.</summary>
    public string? Name { get; init; }

    /// <summary>Clock of the rotation.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}

/// <summary>Writes a row of comma-separated values per tracked object and frame.</summary>
/// <remarks>
/// Columns: source, frame, timestamp_ms, track_id, label, score, and the box in pixels of the frame. RFC 4180: lines end in CR LF, fields
/// with commas, quotes or line breaks are quoted; the decimal separator is a point. The rows of a frame are written together or not at
/// all. Allocates nothing in steady state.
/// </remarks>
public sealed class TrackCsvSink : FrameSink
{
    private static readonly SearchValues<char> NeedsQuotes = SearchValues.Create(",\"\r\n");
    private readonly TrackCsvOptions _options;
    private readonly RecordOutput _output;
    private readonly ArrayBufferWriter<byte> _rows = new(4096);

    /// <summary>Creates a sink that writes one file.</summary>
    /// <param name="path">File, or <c>-</c> for standard output.</param>
    public TrackCsvSink(string path)
        : this(new TrackCsvOptions { Path = path })
    {
    }

    /// <summary>Creates a sink with options.</summary>
    /// <param name="options">Options of the sink.</param>
    /// <exception cref="PipelineConfigException">The rotation has no limits, or is combined with standard output.</exception>
    public TrackCsvSink(TrackCsvOptions options)
        : base(RecordOutput.GetSinkName((options ?? throw new ArgumentNullException(nameof(options))).Path, options.Name))
    {
        _options = options;
        _output = new RecordOutput(
            options.Path,
            options.Rotation,
            "source,frame,timestamp_ms,track_id,label,score,x1,y1,x2,y2\r\n"u8.ToArray(),
            options.Clock);
    }

    /// <inheritdoc/>
    public override ValueTask OpenAsync(CancellationToken cancel)
    {
        _output.Open();
        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override ValueTask WriteAsync(PipelineFrame frame, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(frame);
        _rows.ResetWrittenCount();
        var d = frame.Result.Detections;
        for (int i = 0; i < d.Count; i++)
        {
            int track = d.HasTracks ? d.TrackIds[i] : 0;
            if (track > 0 || _options.IncludeUntracked)
            {
                WriteRow(frame, d, i, track);
            }
        }

        if (_rows.WrittenCount > 0)
        {
            _output.Append(_rows.WrittenSpan);
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override ValueTask CompleteAsync(CancellationToken cancel) => _output.CompleteAsync(cancel);

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        _output.Dispose();
        return base.DisposeAsync();
    }

    private void WriteRow(PipelineFrame frame, Detections d, int index, int track)
    {
        WriteText(frame.Source);
        WriteNumber(frame.Sequence, "D");
        WriteNumber(Math.Round(frame.Timestamp.TotalMilliseconds, 3), "0.###");
        _rows.Write(","u8);
        if (track > 0)
        {
            WriteValue(track, "D");
        }

        _rows.Write(","u8);
        WriteText(d.GetLabel(index));
        WriteNumber(d.Scores[index], "0.######");
        var box = d.Boxes[index];
        WriteNumber(box.X1, "0.###");
        WriteNumber(box.Y1, "0.###");
        WriteNumber(box.X2, "0.###");
        WriteNumber(box.Y2, "0.###");
        _rows.Write("\r\n"u8);
    }

    private void WriteNumber<T>(T value, string format)
        where T : IUtf8SpanFormattable
    {
        _rows.Write(","u8);
        WriteValue(value, format);
    }

    private void WriteValue<T>(T value, string format)
        where T : IUtf8SpanFormattable
    {
        // The longest value is a float near its limit: 39 digits, a sign, a point and six decimals.
        if (!value.TryFormat(_rows.GetSpan(64), out int written, format, CultureInfo.InvariantCulture))
        {
            throw new SinkException($"the number {value} is too long for a field", canRetry: false);
        }

        _rows.Advance(written);
    }

    private void WriteText(string text)
    {
        if (!text.AsSpan().ContainsAny(NeedsQuotes))
        {
            Encoding.UTF8.GetBytes(text, _rows);
            return;
        }

        _rows.Write("\""u8);
        foreach (var part in text.AsSpan().Split('"'))
        {
            if (part.Start.Value > 0)
            {
                _rows.Write("\"\""u8);
            }

            Encoding.UTF8.GetBytes(text.AsSpan(part), _rows);
        }

        _rows.Write("\""u8);
    }
}
