namespace EdgeVision;

/// <summary>Crop model shared by all sources; runs on the frame of one source at a time.</summary>
internal sealed class CropModel(IFrameModel model, string name, CropModelOptions options) : IDisposable
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
internal sealed class CropRunner(CropModel model)
{
    // Frames without a detection after which the cached result of a track is removed.
    private const int Keep = 300;
    private readonly Dictionary<int, Memory> _memories = [];
    private readonly List<int> _gone = [];
    private readonly Stack<Memory> _spare = new();
    private readonly List<CropResult> _wanted = [];
    private readonly Frame[] _frames = new Frame[model.BatchSize];
    private readonly VisionResult[] _results = new VisionResult[model.BatchSize];
    private readonly Box[] _crops = new Box[model.BatchSize];
    private long _frame;

    /// <summary>Adds the model's results for the detections of the frame.</summary>
    /// <exception cref="EdgeVisionException">The model failed.</exception>
    public void Update(PipelineFrame frame)
    {
        _frame++;
        _wanted.Clear();
        var found = frame.Result.Detections;
        int looked = 0;
        for (int i = 0; i < found.Count && looked < model.Options.Most; i++)
        {
            if (!Wants(found, i))
            {
                continue;
            }

            looked++;
            int track = found.HasTracks ? found.TrackIds[i] : 0;
            var known = track > 0 && model.Options.Every > 1 && _memories.TryGetValue(track, out var memory) ? memory : null;
            if (known is not null && known.Due > _frame)
            {
                known.Seen = _frame;
                frame.AddCrop(model.Name, i).Result.CopyFrom(known.Result);
            }
            else if (Part(found.Boxes[i], frame.Frame) is not null)
            {
                _wanted.Add(frame.AddCrop(model.Name, i));
            }
        }

        for (int from = 0; from < _wanted.Count; from += model.BatchSize)
        {
            Look(frame, from, Math.Min(model.BatchSize, _wanted.Count - from));
        }

        Forget();
    }

    private bool Wants(Detections found, int index)
    {
        var box = found.Boxes[index];
        return Math.Min(box.Width, box.Height) >= model.Options.MinSide
            && (model.Options.Labels is not { } labels || labels.Contains(found.Label(index)));
    }

    // The box with its margin, clipped to the frame; null if nothing remains.
    private Box? Part(in Box box, Frame frame)
    {
        float x = box.Width * model.Options.Margin, y = box.Height * model.Options.Margin;
        var part = new Box(
            Math.Max(0, box.X1 - x), Math.Max(0, box.Y1 - y), Math.Min(frame.Width, box.X2 + x), Math.Min(frame.Height, box.Y2 + y));
        return part.Width >= 1 && part.Height >= 1 ? part : null;
    }

    private void Look(PipelineFrame frame, int from, int count)
    {
        var found = frame.Result.Detections;
        for (int i = 0; i < count; i++)
        {
            var crop = _wanted[from + i];
            (_frames[i], _results[i], _crops[i]) = (frame.Frame, crop.Result, Part(found.Boxes[crop.Detection], frame.Frame)!.Value);
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

        for (int i = 0; i < count && model.Options.Every > 1 && found.HasTracks; i++)
        {
            var crop = _wanted[from + i];
            if (found.TrackIds[crop.Detection] is var track and > 0)
            {
                Remember(track, crop.Result);
            }
        }
    }

    private void Remember(int track, VisionResult result)
    {
        if (!_memories.TryGetValue(track, out var memory))
        {
            _memories[track] = memory = _spare.TryPop(out var old) ? old : new Memory();
        }

        memory.Result.CopyFrom(result);
        (memory.Seen, memory.Due) = (_frame, _frame + model.Options.Every);
    }

    private void Forget()
    {
        _gone.Clear();
        foreach (var (track, memory) in _memories)
        {
            if (_frame - memory.Seen > Keep)
            {
                _gone.Add(track);
            }
        }

        foreach (int track in _gone)
        {
            _memories.Remove(track, out var memory);
            _spare.Push(memory!);
        }
    }

    private sealed class Memory
    {
        public VisionResult Result { get; } = new();

        public long Seen { get; set; }

        public long Due { get; set; }
    }
}
