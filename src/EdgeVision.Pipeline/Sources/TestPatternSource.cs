using EdgeVision.Frames;

namespace EdgeVision.Pipeline.Sources;

/// <summary>Simulates a camera that shows a <see cref="TestPattern"/>, at its rate or as fast as frames are read.</summary>
public sealed class TestPatternSource : FrameSource
{
    private readonly TestPatternOptions _options;
    private FramePacer? _pacer;
    private volatile bool _aborted;
    private long _next;

    /// <summary>Creates the source and its scene.</summary>
    /// <exception cref="PipelineConfigException">A value of the options is out of its range.</exception>
    public TestPatternSource(TestPatternOptions options)
        : base((options ?? throw new ArgumentNullException(nameof(options))).Name)
    {
        _options = options;
        Pattern = new TestPattern(options);
    }

    /// <summary>Scene that is shown, with the positions of its objects.</summary>
    public TestPattern Pattern { get; }

    /// <inheritdoc/>
    public override bool IsLive => _options.IsLive;

    /// <inheritdoc/>
    public override double? FrameRate => _options.FrameRate;

    /// <inheritdoc/>
    public override long? FrameCount => _options.FrameCount;

    /// <inheritdoc/>
    public override void Open(CancellationToken cancel)
    {
        cancel.ThrowIfCancellationRequested();
        _pacer = _options.IsLive ? new FramePacer(_options.Clock) : null;
        if (_aborted)
        {
            _pacer?.Abort();
        }
    }

    /// <inheritdoc/>
    /// <remarks>A live pattern that is read late catches up: no frame is skipped, so that counts can be compared.</remarks>
    public override Frame? Read(FramePool pool, CancellationToken cancel)
    {
        ArgumentNullException.ThrowIfNull(pool);
        cancel.ThrowIfCancellationRequested();
        if (_next >= _options.FrameCount)
        {
            return null;
        }

        var due = GetDueTime(_next, _options.FrameRate);
        if (_aborted || _pacer?.WaitUntil(due, cancel) == false)
        {
            throw new SourceException($"'{Name}' was aborted while waiting");
        }

        var frame = pool.Rent(_options.Format, _options.Width, _options.Height, Name, _next, due);
        Pattern.Draw(frame, _next++);
        return frame;
    }

    /// <inheritdoc/>
    public override void Abort()
    {
        _aborted = true;
        _pacer?.Abort();
    }

    /// <inheritdoc/>
    protected override void Dispose(bool disposing) => _pacer?.Dispose();
}
