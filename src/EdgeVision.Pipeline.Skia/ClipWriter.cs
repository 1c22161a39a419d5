using System.Text.Encodings.Web;
using System.Text.Json;
using EdgeVision.Diagnostics;
using EdgeVision.Pipeline.Sinks;

namespace EdgeVision.Pipeline.Skia;

/// <summary>Buffered images and current clip of one source of a <see cref="ClipRecorderSink"/>.</summary>
internal sealed class ClipWriter : IDisposable
{
    // Images from before the event are written a few at a time while new ones arrive, so that the start of a clip does not
    // block the sink.
    private const int MaxPendingPerFrame = 3;

    private readonly string _name;
    private readonly ClipRecorderOptions _options;
    private readonly FrameRenderer _renderer;
    private readonly ImageBuffer _held;
    private readonly Queue<BufferedImage> _pending = new();
    private Clip? _clip;
    private (long Sequence, DateTimeOffset At) _last;
    private TimeSpan _lastTime = TimeSpan.MinValue;

    private sealed record Clip(string Path, ConstantRateVideo Video, TimeSpan Start, DateTimeOffset StartedAt)
    {
        public TimeSpan Until { get; set; }

        public TimeSpan End { get; set; }

        public List<(long Frame, TimeSpan Time, PipelineEvent Happened)> Events { get; } = [];
    }

    public ClipWriter(string name, ClipRecorderOptions options, FrameRenderer renderer)
    {
        (_name, _options, _renderer) = (name, options, renderer);
        _held = new ImageBuffer(options.Before, options.MaxBufferedBytes);
    }

    /// <summary>Processes the next frame.</summary>
    public void Add(PipelineFrame frame)
    {
        var time = frame.Timestamp;
        if (time < _lastTime)
        {
            Finish(CancellationToken.None); // the source restarted: earlier frames do not belong to the next clip
            _held.Clear();
        }

        if (_clip is { } old && (time > old.Until || time - old.Start > _options.MaxDuration))
        {
            Finish(CancellationToken.None);
        }

        _lastTime = time;
        bool again = _last == (frame.Sequence, frame.CapturedAt);
        if (!again)
        {
            _renderer.UpdateTrails(frame);
        }

        using var picture = _renderer.Render(frame);
        if (!again)
        {
            _held.Add(BufferedImage.Encode(picture, _options.BufferQuality));
            _last = (frame.Sequence, frame.CapturedAt);
        }

        bool begins = !again && CollectEvents(frame);
        if (_clip is null)
        {
            return;
        }

        _clip.End = time;
        Write(picture, begins);
    }

    /// <summary>Ends the current clip, if any, and writes its JSON line.</summary>
    public void Finish(CancellationToken cancel)
    {
        if (_clip is not { } clip)
        {
            return;
        }

        try
        {
            while (_pending.Count > 0 && !cancel.IsCancellationRequested)
            {
                WritePending();
            }

            clip.Video.Complete(cancel);
            WriteLine(clip);
            ClipFiles.DeleteOldest(_options.Folder, _options.Extension, _options.MaxClips, _options.MaxBytes);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw FileErrors.ToSinkException(clip.Path, e);
        }
        finally
        {
            DiscardClip();
        }
    }

    public void Dispose()
    {
        DiscardClip();
        _held.Dispose();
    }

    // Adds the selected events to the clip; returns whether one of them started a clip.
    private bool CollectEvents(PipelineFrame frame)
    {
        bool begins = false;
        foreach (var happened in frame.Events)
        {
            if (_options.Rules?.Contains(happened.Rule) == false || _options.EventKinds?.Contains(happened.Kind) == false)
            {
                continue;
            }

            if (_clip is null)
            {
                begins = true;
                var first = _held.Images.First();
                string path = ClipFiles.NewPath(_options.Folder, _name, frame.CapturedAt, _options.Extension);
                var video = new ConstantRateVideo(_options.CreateWriter, path, _options.FrameRate, _options.MaxDuration);
                _clip = new Clip(path, video, first.Timestamp, frame.CapturedAt - (frame.Timestamp - first.Timestamp));
                foreach (var held in _held.Images)
                {
                    _pending.Enqueue(held.AddReference());
                }
            }

            _clip.Until = frame.Timestamp + _options.After;
            _clip.Events.Add((frame.Sequence, frame.Timestamp, happened));
        }

        return begins;
    }

    private void Write(Frame picture, bool isPending)
    {
        if (!isPending && _pending.Count > 0)
        {
            _pending.Enqueue(_held.Images.Last().AddReference());
            isPending = true;
        }

        for (int i = 0; i < MaxPendingPerFrame && _pending.Count > 0; i++)
        {
            WritePending();
        }

        if (!isPending)
        {
            _clip!.Video.Add(picture.Share());
        }
    }

    private void WritePending()
    {
        var held = _pending.Dequeue();
        try
        {
            var picture = _renderer.Rent(_name, held.Width, held.Height, held.Sequence, held.Timestamp);
            held.Decode(picture);
            _clip!.Video.Add(picture);
        }
        finally
        {
            held.Release();
        }
    }

    private void DiscardClip()
    {
        while (_pending.Count > 0)
        {
            _pending.Dequeue().Release();
        }

        _clip?.Video.Dispose();
        _clip = null;
    }

    private void WriteLine(Clip clip)
    {
        AtomicFile.Write(Path.ChangeExtension(clip.Path, ClipFiles.IndexExtension), file =>
        {
            using (var writer = new Utf8JsonWriter(file, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            {
                writer.WriteStartObject();
                writer.WriteString("source"u8, _name);
                writer.WriteStartArray("files"u8);
                foreach (string video in clip.Video.Files)
                {
                    writer.WriteStringValue(Path.GetFileName(video));
                }

                writer.WriteEndArray();
                writer.WriteString("from"u8, clip.StartedAt.UtcDateTime);
                writer.WriteNumber("from_timestamp_ms"u8, Math.Round(clip.Start.TotalMilliseconds, 3));
                writer.WriteNumber("to_timestamp_ms"u8, Math.Round(clip.End.TotalMilliseconds, 3));
                writer.WriteStartArray("events"u8);
                foreach (var (frame, time, happened) in clip.Events)
                {
                    writer.WriteStartObject();
                    writer.WriteNumber("frame"u8, frame);
                    writer.WriteNumber("timestamp_ms"u8, Math.Round(time.TotalMilliseconds, 3));
                    writer.WritePropertyName("event"u8);
                    PipelineJson.Write(writer, happened);
                    writer.WriteEndObject();
                }

                writer.WriteEndArray();
                writer.WriteEndObject();
            }

            file.Write("\n"u8);
        });
    }
}
