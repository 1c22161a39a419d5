namespace EdgeVision.Pipeline;

/// <summary>Frame on its way through a pipeline, with its results, events and counts.</summary>
/// <remarks>
/// Reference counted: sinks share a frame and do not change it. A sink that keeps it after the call takes a reference with
/// <see cref="Share"/> and disposes it once. The memory is reused after the last owner has disposed the frame.
/// </remarks>
public sealed class PipelineFrame : IDisposable
{
    private readonly Action<PipelineFrame>? _returnToPool;
    private readonly List<CropResult> _crops = [], _spareCrops = [];
    private readonly List<PipelineEvent> _events = [];
    private readonly List<RuleCount> _counts = [];
    private Frame? _frame;
    private int _references;

    /// <summary>
    /// Creates a frame outside of a pipeline, for tests and for sinks used on their own. Takes ownership of <paramref name="frame"/>.
    /// </summary>
    public PipelineFrame(Frame frame, string source, string model)
        : this((Action<PipelineFrame>?)null)
    {
        ArgumentNullException.ThrowIfNull(frame);
        Initialize(frame, source, 0, 0, DateTimeOffset.UtcNow);
        Model = model;
    }

    internal PipelineFrame(Action<PipelineFrame>? home) => _returnToPool = home;

    /// <summary>The pixels.</summary>
    public Frame Frame => _frame ?? throw new ObjectDisposedException(nameof(PipelineFrame));

    /// <summary>Name of the source in the pipeline.</summary>
    public string Source { get; private set; } = "";

    /// <summary>Index of the source in the pipeline, from 0.</summary>
    public int SourceIndex { get; private set; }

    /// <summary>Sequence number of the frame in its source, from 0; dropped frames leave gaps.</summary>
    public long Sequence => Frame.Sequence;

    /// <summary>Capture time on the source's clock.</summary>
    public TimeSpan Timestamp => Frame.Timestamp;

    /// <summary>Wall-clock time at which the frame was read.</summary>
    public DateTimeOffset CapturedAt { get; private set; }

    /// <summary>
    /// Time at which the frame was read, on the pipeline's clock (<see cref="TimeProvider.GetTimestamp"/>); ages are measured from it.
    /// </summary>
    public long CapturedTimestamp { get; private set; }

    /// <summary>Name of the model that ran on the whole frame.</summary>
    public string Model { get; internal set; } = "";

    /// <summary>Result of the model. Read-only for sinks.</summary>
    public VisionResult Result { get; } = new();

    /// <summary>Queue policy of its source, for sinks without a policy of their own.</summary>
    internal QueuePolicy Policy { get; set; }

    /// <summary>Wait in the queue in front of the model.</summary>
    internal TimeSpan QueueTime { get; set; }

    /// <summary>Gets whether the model ran on this frame; otherwise the boxes were extrapolated from earlier frames.</summary>
    public bool IsInferred { get; internal set; } = true;

    /// <summary>Results of crop models for single detections.</summary>
    public IReadOnlyList<CropResult> Crops => _crops;

    /// <summary>Events raised on this frame, in the order of the rules.</summary>
    public IReadOnlyList<PipelineEvent> Events => _events;

    /// <summary>Current counts of the rules.</summary>
    public IReadOnlyList<RuleCount> Counts => _counts;

    /// <summary>Adds an event; called by rules.</summary>
    public void AddEvent(in PipelineEvent pipelineEvent) => _events.Add(pipelineEvent);

    /// <summary>Adds the current value of a counter; called by rules.</summary>
    public void AddCount(in RuleCount count) => _counts.Add(count);

    /// <summary>Adds an empty result of a crop model for a detection, to be filled.</summary>
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

    /// <summary>Adds a reference for the caller, who disposes the frame once.</summary>
    public PipelineFrame Share()
    {
        ObjectDisposedException.ThrowIf(Interlocked.Increment(ref _references) <= 1, this);
        return this;
    }

    /// <summary>Releases one reference.</summary>
    public void Dispose()
    {
        if (Interlocked.Decrement(ref _references) != 0)
        {
            return;
        }

        _frame?.Dispose();
        _frame = null;
        _returnToPool?.Invoke(this);
    }

    internal PipelineFrame Initialize(Frame frame, string source, int sourceIndex, long captured, DateTimeOffset capturedAt)
    {
        (_frame, Source, SourceIndex, CapturedTimestamp, CapturedAt) = (frame, source, sourceIndex, captured, capturedAt);
        (Model, IsInferred) = ("", true);
        Result.Clear();
        _spareCrops.AddRange(_crops);
        _crops.Clear();
        _events.Clear();
        _counts.Clear();
        Volatile.Write(ref _references, 1);
        return this;
    }
}
