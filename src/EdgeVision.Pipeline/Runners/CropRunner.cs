namespace EdgeVision.Pipeline.Runners;

/// <summary>Crop model shared by all sources; runs on the frame of one source at a time.</summary>
internal sealed class SharedCropModel(IFrameModel model, string name, CropModelOptions options) : IDisposable
{
    private readonly Lock _lock = new();

    public string Name => name;

    public CropModelOptions Options => options;

    public int BatchSize => model.BatchSize;

    public void Run(ReadOnlySpan<Frame> frames, ReadOnlySpan<VisionResult> results, ReadOnlySpan<Box> crops)
    {
        lock (_lock)
        {
            model.RunBatch(frames, results, crops);
        }
    }

    public void Terminate() => model.Terminate();

    public void Dispose() => model.Dispose();
}

/// <summary>Runs a crop model on the detections of one source and caches its results for tracked objects.</summary>
internal sealed class CropRunner(SharedCropModel model)
{
    // Frames without a detection after which the cached result of a track is removed.
    private const int MaxUnseenFrames = 300;
    private readonly Dictionary<int, CachedResult> _cache = [];
    private readonly List<int> _gone = [];
    private readonly Stack<CachedResult> _spare = new();
    private readonly List<CropResult> _pending = [];
    private readonly Frame[] _frames = new Frame[model.BatchSize];
    private readonly VisionResult[] _results = new VisionResult[model.BatchSize];
    private readonly Box[] _crops = new Box[model.BatchSize];
    private long _frame;

    /// <summary>Adds the model's results for the detections of the frame.</summary>
    /// <exception cref="EdgeVisionException">The model failed.</exception>
    public void Update(PipelineFrame frame)
    {
        _frame++;
        _pending.Clear();
        var found = frame.Result.Detections;
        int looked = 0;
        for (int i = 0; i < found.Count && looked < model.Options.MaxPerFrame; i++)
        {
            if (!IsEligible(found, i))
            {
                continue;
            }

            looked++;
            int track = found.HasTracks ? found.TrackIds[i] : 0;
            var known = track > 0 && model.Options.FrameInterval > 1 && _cache.TryGetValue(track, out var memory) ? memory : null;
            if (known is not null && known.NextRunFrame > _frame)
            {
                known.LastSeenFrame = _frame;
                frame.AddCrop(model.Name, i).Result.CopyFrom(known.Result);
            }
            else if (GetCropBox(found.Boxes[i], frame.Frame) is not null)
            {
                _pending.Add(frame.AddCrop(model.Name, i));
            }
        }

        for (int from = 0; from < _pending.Count; from += model.BatchSize)
        {
            RunBatch(frame, from, Math.Min(model.BatchSize, _pending.Count - from));
        }

        Forget();
    }

    private bool IsEligible(Detections found, int index)
    {
        var box = found.Boxes[index];
        return Math.Min(box.Width, box.Height) >= model.Options.MinSide
            && (model.Options.Labels is not { } labels || labels.Contains(found.GetLabel(index)));
    }

    // The box with its margin, clipped to the frame; null if nothing remains.
    private Box? GetCropBox(in Box box, Frame frame)
    {
        float x = box.Width * model.Options.Margin, y = box.Height * model.Options.Margin;
        var part = new Box(
            Math.Max(0, box.X1 - x), Math.Max(0, box.Y1 - y), Math.Min(frame.Width, box.X2 + x), Math.Min(frame.Height, box.Y2 + y));
        return part.Width >= 1 && part.Height >= 1 ? part : null;
    }

    private void RunBatch(PipelineFrame frame, int from, int count)
    {
        var found = frame.Result.Detections;
        for (int i = 0; i < count; i++)
        {
            var crop = _pending[from + i];
            (_frames[i], _results[i], _crops[i]) = (frame.Frame, crop.Result, GetCropBox(found.Boxes[crop.Detection], frame.Frame)!.Value);
        }

        try
        {
            model.Run(_frames.AsSpan(0, count), _results.AsSpan(0, count), _crops.AsSpan(0, count));
        }
        finally
        {
            Array.Clear(_frames);
            Array.Clear(_results);
        }

        for (int i = 0; i < count && model.Options.FrameInterval > 1 && found.HasTracks; i++)
        {
            var crop = _pending[from + i];
            if (found.TrackIds[crop.Detection] is var track and > 0)
            {
                Remember(track, crop.Result);
            }
        }
    }

    private void Remember(int track, VisionResult result)
    {
        if (!_cache.TryGetValue(track, out var memory))
        {
            _cache[track] = memory = _spare.TryPop(out var old) ? old : new CachedResult();
        }

        memory.Result.CopyFrom(result);
        (memory.LastSeenFrame, memory.NextRunFrame) = (_frame, _frame + model.Options.FrameInterval);
    }

    private void Forget()
    {
        _gone.Clear();
        foreach (var (track, memory) in _cache)
        {
            if (_frame - memory.LastSeenFrame > MaxUnseenFrames)
            {
                _gone.Add(track);
            }
        }

        foreach (int track in _gone)
        {
            _cache.Remove(track, out var memory);
            _spare.Push(memory!);
        }
    }

    private sealed class CachedResult
    {
        public VisionResult Result { get; } = new();

        public long LastSeenFrame { get; set; }

        public long NextRunFrame { get; set; }
    }
}
