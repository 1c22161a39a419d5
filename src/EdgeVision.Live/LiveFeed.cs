using System.Buffers;
using System.Diagnostics;
using System.Text.Json;
using System.Threading.Channels;
using EdgeVision.Imaging;
using EdgeVision.Pipeline;
using EdgeVision.Pipeline.Skia;
using EdgeVision.Results;

namespace EdgeVision.Live;

/// <summary>Encodes the images of one source for its viewers.</summary>
/// <remarks>
/// Holds a reference to the newest frame and encodes it only while there are viewers, at most as often as the options allow,
/// on a task of its own, so that the pipeline is never delayed.
/// </remarks>
internal sealed class LiveFeed : IDisposable
{
    private readonly Lock _lock = new(), _encoding = new();
    private readonly Channel<bool> _news = Channel.CreateBounded<bool>(
        new BoundedChannelOptions(1) { FullMode = BoundedChannelFullMode.DropWrite });
    private readonly ArrayBufferWriter<byte> _json = new();
    private readonly FrameJpegEncoder _jpeg;
    private readonly PipelineAnnotator _found, _foundAndRules;
    private readonly TimeSpan _pace;
    private LiveViewer[] _viewers = [];
    private PipelineFrame? _latest;
    private Frame? _canvas;
    private long _encoded;
    private bool _running, _disposed;

    /// <param name="name">The source's name.</param>
    /// <param name="options">Size, quality and maximum rate.</param>
    /// <param name="rules">Returns the rules of a source, whose outlines are drawn for MJPEG players.</param>
    public LiveFeed(string name, LiveOptions options, Func<string, IReadOnlyList<IPipelineRule>> rules)
    {
        Name = name;
        // The page draws rules and complete trails itself; here frames are skipped, so trails would have gaps.
        _found = new PipelineAnnotator(new PipelineAnnotatorOptions { Trail = 0, Caption = false });
        _foundAndRules = new PipelineAnnotator(new PipelineAnnotatorOptions { Trail = 0, Caption = false, Rules = rules });
        _jpeg = new FrameJpegEncoder(options.Quality, options.MaxWidth);
        _pace = TimeSpan.FromSeconds(1 / options.MaxFramesPerSecond);
    }

    public string Name { get; }

    /// <summary>Gets the number of JPEGs encoded.</summary>
    public long EncodedCount => Interlocked.Read(ref _encoded);

    public void Publish(PipelineFrame frame)
    {
        frame.Share();
        PipelineFrame? old = frame;
        bool watched = false;
        lock (_lock)
        {
            if (!_disposed)
            {
                (old, _latest) = (_latest, frame);
                watched = _viewers.Length > 0;
            }
        }

        old?.Dispose();
        if (watched)
        {
            _news.Writer.TryWrite(true);
        }
    }

    public void Attach(LiveViewer viewer)
    {
        lock (_lock)
        {
            _viewers = [.. _viewers, viewer];
            if (!_running && !_disposed)
            {
                _running = true;
                _ = Task.Run(EncodeWhileWatchedAsync);
            }
        }

        _news.Writer.TryWrite(true); // a new viewer gets the newest frame at once, also of a source that has ended
    }

    public void Detach(LiveViewer viewer)
    {
        lock (_lock)
        {
            _viewers = [.. _viewers.Where(v => v != viewer)];
        }

        _news.Writer.TryWrite(true);
    }

    /// <summary>Returns the newest frame as JPEG; null before the first one.</summary>
    /// <param name="drawn">Whether to draw overlays on it.</param>
    /// <exception cref="EdgeVisionException">The frame cannot be encoded.</exception>
    public byte[]? EncodeLatest(bool drawn)
    {
        using var frame = ShareLatest();
        return frame is null ? null : Encode(frame, drawn ? _foundAndRules : null);
    }

    public void Dispose()
    {
        PipelineFrame? last;
        lock (_lock)
        {
            (last, _latest, _disposed, _viewers) = (_latest, null, true, []);
        }

        last?.Dispose();
        _news.Writer.TryComplete();
        lock (_encoding)
        {
            _jpeg.Dispose();
            _canvas?.Dispose();
            _found.Dispose();
            _foundAndRules.Dispose();
        }
    }

    private async Task EncodeWhileWatchedAsync()
    {
        while (await _news.Reader.WaitToReadAsync())
        {
            _news.Reader.TryRead(out _);
            LiveViewer[] viewers;
            lock (_lock)
            {
                viewers = _viewers;
                if (viewers.Length == 0)
                {
                    _running = false;
                    return;
                }
            }

            long begun = Stopwatch.GetTimestamp();
            using (var frame = ShareLatest())
            {
                if (frame is not null)
                {
                    Send(frame, viewers);
                }
            }

            var rest = _pace - Stopwatch.GetElapsedTime(begun);
            if (rest > TimeSpan.Zero)
            {
                await Task.Delay(rest);
            }
        }
    }

    private void Send(PipelineFrame frame, LiveViewer[] viewers)
    {
        LiveImage? plain = null, drawn = null;
        try
        {
            foreach (var viewer in viewers)
            {
                viewer.Enqueue(viewer.HasOverlays
                    ? drawn ??= new LiveImage(this, [], Encode(frame, _foundAndRules))
                    : plain ??= CreatePageImage(frame));
            }
        }
        catch (Exception)
        {
            // A frame that cannot be encoded, or whose results cannot be written as JSON, is skipped like one that came too
            // soon; the next one may succeed. All exceptions are caught because nothing would restart this task.
        }
    }

    // Masks and maps are drawn here: as JSON they would be larger than the image.
    private LiveImage CreatePageImage(PipelineFrame frame)
    {
        bool drawn = frame.Result.Detections.HasMasks || frame.Result.Segmentation.Width > 0 || frame.Result.Depth.Width > 0;
        byte[] jpeg = Encode(frame, drawn ? _found : null);
        lock (_encoding)
        {
            _json.ResetWrittenCount();
            using (var writer = new Utf8JsonWriter(_json))
            {
                writer.WriteStartObject();
                writer.WriteNumber("age_ms"u8, Math.Round((DateTimeOffset.UtcNow - frame.CapturedAt).TotalMilliseconds, 1));
                writer.WriteBoolean("drawn"u8, drawn);
                WriteSkeleton(writer, frame.Result.Detections);
                writer.WritePropertyName("result"u8);
                PipelineJson.Write(writer, frame, MaskPlane.None);
                writer.WriteEndObject();
            }

            return new LiveImage(this, _json.WrittenSpan.ToArray(), jpeg);
        }
    }

    private static void WriteSkeleton(Utf8JsonWriter writer, Detections detections)
    {
        if (detections.KeypointCount == 0)
        {
            return;
        }

        writer.WriteStartArray("skeleton"u8);
        foreach (int[] limb in detections.Skeleton)
        {
            writer.WriteStartArray();
            writer.WriteNumberValue(limb[0]);
            writer.WriteNumberValue(limb[1]);
            writer.WriteEndArray();
        }

        writer.WriteEndArray();
    }

    private byte[] Encode(PipelineFrame frame, PipelineAnnotator? annotator)
    {
        lock (_encoding)
        {
            ObjectDisposedException.ThrowIf(_disposed, this);
            Interlocked.Increment(ref _encoded);
            if (annotator is null)
            {
                return _jpeg.Encode(frame.Frame);
            }

            if (_canvas is null || _canvas.Width != frame.Frame.Width || _canvas.Height != frame.Frame.Height)
            {
                _canvas?.Dispose();
                _canvas = Frame.Rent(PixelFormat.Bgra32, frame.Frame.Width, frame.Frame.Height);
            }

            annotator.Draw(frame, _canvas);
            return _jpeg.Encode(_canvas);
        }
    }

    private PipelineFrame? ShareLatest()
    {
        lock (_lock)
        {
            return _latest?.Share();
        }
    }
}
