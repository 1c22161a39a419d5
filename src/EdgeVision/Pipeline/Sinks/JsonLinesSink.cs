namespace EdgeVision;

/// <summary>What a <see cref="JsonLinesSink"/> writes, and where.</summary>
public sealed record JsonLinesOptions
{
    /// <summary>File, or <c>-</c> for standard output.</summary>
    public required string Path { get; init; }

    /// <summary>When another file begins; null writes one, which has its name once it is complete and <c>.part</c> behind it before (one that a crash left is kept, with its time in its name).</summary>
    public FileRotation? Rotation { get; init; }

    /// <summary>Whether frames on which no rule saw anything happen are left out.</summary>
    public bool EventsOnly { get; init; }

    /// <summary>Plane of masks.</summary>
    public MaskPlane Masks { get; init; } = MaskPlane.Input;

    /// <summary>Name in the ledger; the path where absent.</summary>
    public string? Name { get; init; }

    /// <summary>Where rotation takes time from.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}

/// <summary>
/// Writes a line of JSON a frame (<see cref="PipelineJson"/>). A line is in the file as a whole or not at all: where the disk is full the
/// next try follows the line before. Allocates nothing in steady state, masks aside.
/// </summary>
public sealed class JsonLinesSink : FrameSink
{
    private readonly JsonLinesOptions _options;
    private readonly RecordOutput _output;
    private readonly FrameLine _line = new();

    /// <summary>Writes one file.</summary>
    /// <param name="path">File, or <c>-</c> for standard output.</param>
    public JsonLinesSink(string path)
        : this(new JsonLinesOptions { Path = path })
    {
    }

    /// <summary>Writes as told.</summary>
    /// <param name="options">What and where.</param>
    /// <exception cref="PipelineConfigException">The rotation has no limits, or goes with standard output.</exception>
    public JsonLinesSink(JsonLinesOptions options)
        : base(RecordOutput.NameOf((options ?? throw new ArgumentNullException(nameof(options))).Path, options.Name))
    {
        _options = options;
        _output = new RecordOutput(options.Path, options.Rotation, default, options.Clock);
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
        if (!_options.EventsOnly || frame.Events.Count > 0)
        {
            _output.Append(_line.Of(frame, _options.Masks));
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override ValueTask CompleteAsync(CancellationToken cancel) => _output.CompleteAsync(cancel);

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        _output.Dispose();
        _line.Dispose();
        return base.DisposeAsync();
    }
}
