using EdgeVision.Results;

namespace EdgeVision.Pipeline.Sinks;

/// <summary>Options of a <see cref="JsonLinesSink"/>.</summary>
public sealed record JsonLinesOptions
{
    /// <summary>File, or <c>-</c> for standard output.</summary>
    public required string Path { get; init; }

    /// <summary>Rotation of the file; null for one file, which has <c>.part</c> after its name until it is complete.</summary>
    /// <remarks>A <c>.part</c> file left by a crash is kept, with its time in its name.</remarks>
    public FileRotation? Rotation { get; init; }

    /// <summary>Gets whether frames without events are left out.</summary>
    public bool EventsOnly { get; init; }

    /// <summary>Plane in which masks are written.</summary>
    public MaskPlane Masks { get; init; } = MaskPlane.Input;

    /// <summary>Name in statistics; null for the path.</summary>
    public string? Name { get; init; }

    /// <summary>Clock of the rotation.</summary>
    public TimeProvider Clock { get; init; } = TimeProvider.System;
}

/// <summary>Writes a line of JSON per frame (<see cref="PipelineJson"/>).</summary>
/// <remarks>
/// A line is written completely or not at all: after a full disk, a retry continues after the previous line. Allocates nothing in steady
/// state, except for masks.
/// </remarks>
public sealed class JsonLinesSink : FrameSink
{
    private readonly JsonLinesOptions _options;
    private readonly RecordOutput _output;
    private readonly FrameLineWriter _line = new();

    /// <summary>Creates a sink that writes one file.</summary>
    /// <param name="path">File, or <c>-</c> for standard output.</param>
    public JsonLinesSink(string path)
        : this(new JsonLinesOptions { Path = path })
    {
    }

    /// <summary>Creates a sink with options.</summary>
    /// <param name="options">Options of the sink.</param>
    /// <exception cref="PipelineConfigException">The rotation has no limits, or is combined with standard output.</exception>
    public JsonLinesSink(JsonLinesOptions options)
        : base(RecordOutput.GetSinkName((options ?? throw new ArgumentNullException(nameof(options))).Path, options.Name))
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
            _output.Append(_line.Write(frame, _options.Masks));
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
