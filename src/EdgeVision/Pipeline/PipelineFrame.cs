namespace EdgeVision;

/// <summary>What a model said of one detection's part of the frame.</summary>
public sealed class CropResult
{
    /// <summary>The model's name in the pipeline.</summary>
    public string Model { get; internal set; } = "";

    /// <summary>Index into the frame's detections.</summary>
    public int Detection { get; internal set; }

    /// <summary>The result, in pixels of the whole frame.</summary>
    public VisionResult Result { get; } = new();
}

/// <summary>A count that a rule keeps, as it stands after a frame.</summary>
/// <param name="Rule">The rule's name.</param>
/// <param name="Name">What is counted: "inside", "in", "out", "repetitions".</param>
/// <param name="Value">How many.</param>
public readonly record struct RuleCount(string Rule, string Name, double Value);

/// <summary>Something that happened on a frame.</summary>
/// <param name="Rule">The rule that saw it.</param>
/// <param name="Kind">What happened: "entered", "left", "dwell", "crossed", "count", "repetition".</param>
/// <param name="TrackId">Whom it happened to; 0 where it is nobody's.</param>
public readonly record struct PipelineEvent(string Rule, string Kind, int TrackId)
{
    /// <summary>Class of the object, where known.</summary>
    public string? Label { get; init; }

    /// <summary>Which way a line was crossed.</summary>
    public string? Direction { get; init; }

    /// <summary>Seconds of a stay or of a repetition, or a count; null where there is none.</summary>
    public double? Value { get; init; }
}

/// <summary>
/// One frame on its way through a pipeline, with everything that was found on it. Sinks read it and share it with others; who keeps it beyond
/// the call takes a share (<see cref="Share"/>) and disposes it once. Memory is used again when the last owner has.
/// </summary>
public sealed class PipelineFrame : IDisposable
{
    private readonly Action<PipelineFrame>? _home;
    private readonly List<CropResult> _crops = [], _spareCrops = [];
    private readonly List<PipelineEvent> _events = [];
    private readonly List<RuleCount> _counts = [];
    private Frame? _frame;
    private int _owners;

    /// <summary>A frame outside of a pipeline, for tests and for sinks that are used alone. Takes over the share of <paramref name="frame"/>.</summary>
    public PipelineFrame(Frame frame, string source, string model)
        : this((Action<PipelineFrame>?)null)
    {
        ArgumentNullException.ThrowIfNull(frame);
        Begin(frame, source, 0, 0, DateTimeOffset.UtcNow);
        Model = model;
    }

    internal PipelineFrame(Action<PipelineFrame>? home) => _home = home;

    /// <summary>The pixels.</summary>
    public Frame Frame => _frame ?? throw new ObjectDisposedException(nameof(PipelineFrame));

    /// <summary>Name of the source in the pipeline.</summary>
    public string Source { get; private set; } = "";

    /// <summary>Number of the source in the pipeline, from 0.</summary>
    public int SourceIndex { get; private set; }

    /// <summary>Number of the frame in its source, from 0; what was dropped leaves gaps.</summary>
    public long Sequence => Frame.Sequence;

    /// <summary>Capture time on the source's clock.</summary>
    public TimeSpan Timestamp => Frame.Timestamp;

    /// <summary>When the frame was read, on the wall clock.</summary>
    public DateTimeOffset CapturedAt { get; private set; }

    /// <summary>When the frame was read, on the pipeline's own clock (<see cref="TimeProvider.GetTimestamp"/>), from which ages are taken.</summary>
    public long Captured { get; private set; }

    /// <summary>The detector or other model that looked at the whole frame.</summary>
    public string Model { get; internal set; } = "";

    /// <summary>What was found. Sinks do not change it.</summary>
    public VisionResult Result { get; } = new();

    /// <summary>What its source does with frames that find a queue full, for sinks that have no policy of their own.</summary>
    internal QueuePolicy Policy { get; set; }

    /// <summary>Wait in the queue before the model.</summary>
    internal TimeSpan Queued { get; set; }

    /// <summary>Whether the model looked at this frame; where it runs every N frames, trackers carry its findings on in between.</summary>
    public bool Inferred { get; internal set; } = true;

    /// <summary>What further models said of single detections.</summary>
    public IReadOnlyList<CropResult> Crops => _crops;

    /// <summary>What happened on this frame, in the order of the rules.</summary>
    public IReadOnlyList<PipelineEvent> Events => _events;

    /// <summary>How the rules' counts stand.</summary>
    public IReadOnlyList<RuleCount> Counts => _counts;

    /// <summary>Notes something that happened. Rules call it.</summary>
    public void AddEvent(in PipelineEvent happened) => _events.Add(happened);

    /// <summary>Notes how a count stands. Rules call it.</summary>
    public void AddCount(in RuleCount count) => _counts.Add(count);

    /// <summary>Room for what a further model says of a detection.</summary>
    /// <param name="model">The model's name in the pipeline.</param>
    /// <param name="detection">Index into the frame's detections.</param>
    public CropResult AddCrop(string model, int detection)
    {
        CropResult crop;
        if (_spareCrops.Count > 0)
        {
            crop = _spareCrops[^1];
            _spareCrops.RemoveAt(_spareCrops.Count - 1);
        }
        else
        {
            crop = new CropResult();
        }

        (crop.Model, crop.Detection) = (model, detection);
        crop.Result.Clear();
        _crops.Add(crop);
        return crop;
    }

    /// <summary>Makes the caller one more owner, who disposes the frame once.</summary>
    public PipelineFrame Share()
    {
        ObjectDisposedException.ThrowIf(Interlocked.Increment(ref _owners) <= 1, this);
        return this;
    }

    /// <summary>Gives up one owner's share.</summary>
    public void Dispose()
    {
        if (Interlocked.Decrement(ref _owners) != 0)
        {
            return;
        }

        _frame?.Dispose();
        _frame = null;
        _home?.Invoke(this);
    }

    internal PipelineFrame Begin(Frame frame, string source, int sourceIndex, long captured, DateTimeOffset capturedAt)
    {
        (_frame, Source, SourceIndex, Captured, CapturedAt) = (frame, source, sourceIndex, captured, capturedAt);
        (Model, Inferred) = ("", true);
        Result.Clear();
        _spareCrops.AddRange(_crops);
        _crops.Clear();
        _events.Clear();
        _counts.Clear();
        Volatile.Write(ref _owners, 1);
        return this;
    }
}
