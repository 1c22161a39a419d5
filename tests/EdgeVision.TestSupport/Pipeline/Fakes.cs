using System.Collections.Concurrent;
using EdgeVision.Pipeline;
using EdgeVision.Pipeline.Runners;

namespace EdgeVision.TestSupport.Pipeline;

/// <summary>A source that does what a test says: each step gives a frame, ends or throws.</summary>
internal sealed class ScriptedSource(Func<ScriptedSource, long, Frame?> read, bool live = false, Action<ScriptedSource>? open = null, Action? abort = null) : FrameSource("scripted")
{
    private long _reads;

    public FramePool? Pool { get; private set; }

    public CancellationToken Cancel { get; private set; }

    public ManualResetEventSlim Aborted { get; } = new();

    public bool Disposed { get; private set; }

    public override bool IsLive => live;

    public override double? FrameRate => 25;

    public override void Open(CancellationToken cancel) => open?.Invoke(this);

    public override Frame? Read(FramePool pool, CancellationToken cancel)
    {
        (Pool, Cancel) = (pool, cancel);
        return read(this, _reads++);
    }

    public override void Abort()
    {
        Aborted.Set();
        abort?.Invoke();
    }

    /// <summary>A small frame with its number.</summary>
    public Frame Give(long sequence, int side = 8) => Pool!.Rent(PixelFormat.Gray8, side, side, "scripted", sequence, TimeSpan.FromMilliseconds(40 * sequence));

    protected override void Dispose(bool disposing) => Disposed = true;

    /// <summary>So many frames as fast as they are taken, then the end.</summary>
    public static ScriptedSource Of(int frames, int side = 8) => new((s, i) => i < frames ? s.Give(i, side) : null);

    /// <summary>A frame each interval, until it is stopped or has given so many.</summary>
    public static ScriptedSource Camera(TimeSpan interval, int frames = int.MaxValue)
    {
        long start = System.Diagnostics.Stopwatch.GetTimestamp();
        return new((s, i) =>
        {
            if (i >= frames)
            {
                return null;
            }

            var wait = interval * (i + 1) - System.Diagnostics.Stopwatch.GetElapsedTime(start);
            if (wait > TimeSpan.Zero)
            {
                s.Cancel.WaitHandle.WaitOne(wait);
                s.Cancel.ThrowIfCancellationRequested();
            }

            return s.Give(i);
        }, live: true);
    }
}

/// <summary>A model that takes as long as it is told and finds one box that follows the frame's number.</summary>
internal sealed class FakeModel(int batch = 1, Action<IReadOnlyList<Frame>>? run = null) : IFrameModel
{
    public ConcurrentQueue<int> Batches { get; } = new();

    public bool Terminated { get; private set; }

    public bool Disposed { get; private set; }

    public string Name => "fake";

    public int BatchSize => batch;

    public bool DetectsBoxes { get; init; } = true;

    public void RunBatch(ReadOnlySpan<Frame> frames, ReadOnlySpan<VisionResult> results, ReadOnlySpan<Box> crops)
    {
        Batches.Enqueue(frames.Length);
        run?.Invoke(frames.ToArray());
        for (int i = 0; i < frames.Length; i++)
        {
            results[i].Clear();
            (results[i].FrameWidth, results[i].FrameHeight, results[i].HasDetections) = (frames[i].Width, frames[i].Height, true);
            float x = 10 + frames[i].Sequence;
            results[i].Detections.Add(crops.Length > 0 ? crops[i] : new Box(x, 10, x + 20, 40), 0.9f, 0);
        }
    }

    /// <summary>What a second thread gets; none by default.</summary>
    public FakeModel? Second { get; init; }

    public IFrameModel? CreateContext() => Second;

    public void Terminate() => Terminated = true;

    public void Dispose() => Disposed = true;
}

/// <summary>A sink that keeps what it was given and fails when it is told to.</summary>
internal sealed class KeepingSink(string name = "kept", Action<PipelineFrame>? write = null) : FrameSink(name)
{
    public ConcurrentQueue<(string Source, long Sequence, float X, bool Inferred, double AgeMs)> Written { get; } = new();

    public bool Completed { get; private set; }

    public bool Disposed { get; private set; }

    public override ValueTask WriteAsync(PipelineFrame frame, CancellationToken cancel)
    {
        write?.Invoke(frame);
        double age = TimeProvider.System.GetElapsedTime(frame.CapturedTimestamp).TotalMilliseconds;
        Written.Enqueue((frame.Source, frame.Sequence, frame.Result.Detections.Count > 0 ? frame.Result.Detections.Boxes[0].X1 : float.NaN, frame.IsInferred, age));
        return ValueTask.CompletedTask;
    }

    public override ValueTask CompleteAsync(CancellationToken cancel)
    {
        Completed = true;
        return ValueTask.CompletedTask;
    }

    public override ValueTask DisposeAsync()
    {
        Disposed = true;
        return base.DisposeAsync();
    }
}
