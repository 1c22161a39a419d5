using System.Buffers;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace EdgeVision;

/// <summary>What a <see cref="JsonLinesSink"/> writes, and where.</summary>
public sealed record JsonLinesOptions
{
    /// <summary>File, or <c>-</c> for standard output.</summary>
    public required string Path { get; init; }

    /// <summary>When another file begins; null writes one, which has its name once it is complete and <c>.part</c> behind it before.</summary>
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
    private readonly ArrayBufferWriter<byte> _line = new(4096);
    private readonly Utf8JsonWriter _writer;

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
        // Labels keep their letters; < and & are no danger in a line of JSON.
        _writer = new Utf8JsonWriter(_line, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping });
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
            _line.ResetWrittenCount();
            _writer.Reset();
            PipelineJson.Write(_writer, frame, _options.Masks);
            _writer.Flush();
            _line.Write("\n"u8);
            _output.Append(_line.WrittenSpan);
        }

        return ValueTask.CompletedTask;
    }

    /// <inheritdoc/>
    public override ValueTask CompleteAsync(CancellationToken cancel) => _output.CompleteAsync(cancel);

    /// <inheritdoc/>
    public override ValueTask DisposeAsync()
    {
        _output.Dispose();
        _writer.Dispose();
        return base.DisposeAsync();
    }
}
