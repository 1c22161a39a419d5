using EdgeVision.Pipeline;
using EdgeVision.Tracking;

namespace EdgeVision.PublicApi.Tests;

/// <summary>A lamp that moves one column a frame.</summary>
internal sealed class LampSource(string name, int frames) : FrameSource(name)
{
    private int _next = -1;

    public override bool IsLive => false;

    public override double? FrameRate => 10;

    public override long? FrameCount => frames;

    public override void Open(CancellationToken cancel) => _next = 0;

    public override Frame? Read(FramePool pool, CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        if (_next == frames)
        {
            return null;
        }

        int i = _next++;
        var frame = pool.Rent(PixelFormat.Gray8, TinyModel.Width, TinyModel.Height, Name, i, GetDueTime(i, 10));
        return TinyModel.Draw(frame, i % TinyModel.Width, 1);
    }
}

/// <summary>Keeps what it is given as text.</summary>
internal sealed class TextSink() : FrameSink("text")
{
    public List<string> Lines { get; } = [];

    public bool IsComplete { get; private set; }

    public override ValueTask WriteAsync(PipelineFrame frame, CancellationToken cancel)
    {
        var found = frame.Result.Detections;
        Lines.Add(($"{frame.Sequence} x={found.Boxes[0].X1} track={found.TrackIds[0]} "
            + $"{string.Join(" ", frame.Counts.Select(c => $"{c.Rule}.{c.Name}={c.Value}"))} "
            + $"{string.Join(" ", frame.Events.Select(e => e.Kind))}").TrimEnd());
        return ValueTask.CompletedTask;
    }

    public override ValueTask CompleteAsync(CancellationToken cancel)
    {
        IsComplete = true;
        return ValueTask.CompletedTask;
    }
}

/// <summary>Counts detections, and raises an event at each third.</summary>
internal sealed class ThirdRule : IPipelineRule
{
    private int _count;

    public string Name => "third";

    public IReadOnlyList<(float X, float Y)> Outline => [];

    public bool IsPolygon => false;

    public void Update(PipelineFrame frame)
    {
        _count += frame.Result.Detections.Count;
        frame.AddCount(new RuleCount(Name, "seen", _count));
        if (_count % 3 == 0)
        {
            frame.AddEvent(new PipelineEvent(Name, "count", frame.Result.Detections.TrackIds[0]) { Value = _count });
        }
    }
}

/// <summary>Takes every detection of a class for the same object.</summary>
internal sealed class ClassTracker : ITracker
{
    private Track[] _tracks = [];
    private int _frames;

    public ReadOnlySpan<Track> Tracks => _tracks;

    public void Update(Detections detections, Frame? frame = null)
    {
        _frames++;
        detections.ClearTracks();
        _tracks = new Track[detections.Count];
        for (int i = 0; i < detections.Count; i++)
        {
            int id = detections.ClassIds[i] + 1;
            detections.SetTrackId(i, id);
            _tracks[i] = new Track(id, detections.Boxes[i], detections.Scores[i], detections.ClassIds[i], i, _frames);
        }
    }

    public void Reset() => (_tracks, _frames) = ([], 0);
}
