using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace EdgeVision.Pipeline.Recording;

/// <summary>
/// Replays a recording in place of the sources of a pipeline.
/// <code>
/// using var replay = Replay.Open("recordings/monday");
/// var builder = new VisionPipelineBuilder().AddModel(() => VisionModel.Load("people.onnx")).Track(() => new ByteTracker());
/// replay.AddSources(builder);
/// replay.AddDiff(builder);
/// await using var pipeline = builder.Build();
/// await pipeline.RunAsync();
/// Console.WriteLine(replay.Diff.Summary);
/// </code>
/// </summary>
public sealed class Replay : IDisposable
{
    private readonly ReplayOptions _options;
    private RecordingDiff? _diff;

    private Replay(RecordingReader recording, ReplayOptions options) => (Recording, _options) = (recording, options);

    /// <summary>The recording.</summary>
    public RecordingReader Recording { get; }

    /// <summary>Differences between the replay and the recording; complete once the pipeline has run.</summary>
    /// <exception cref="InvalidOperationException">No comparison was added.</exception>
    public RecordingDiff Diff => _diff ?? throw new InvalidOperationException("call AddDiff or CreateDiffSink first");

    /// <summary>Opens a recording.</summary>
    /// <param name="folder">Folder of the recording.</param>
    /// <param name="options">Options of the replay.</param>
    /// <exception cref="SourceException">The folder has no readable recording.</exception>
    public static Replay Open(string folder, ReplayOptions? options = null) =>
        new(RecordingReader.Open(folder), options ?? new ReplayOptions());

    /// <summary>Creates a recorded source, not yet opened.</summary>
    /// <param name="name">Name of the source.</param>
    /// <exception cref="SourceException">The recording has no source of that name.</exception>
    public FrameSource CreateSource(string name) => new ReplaySource(Recording.GetSource(name), _options);

    /// <summary>Adds every recorded source by its name. No frame is dropped unless <see cref="ReplayOptions.RealTime"/> is set.</summary>
    /// <param name="builder">Builder of the pipeline.</param>
    /// <param name="frameInterval">Returns the frame interval of the model for a source name, as when recorded; null for every frame.</param>
    public VisionPipelineBuilder AddSources(VisionPipelineBuilder builder, Func<string, int>? frameInterval = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        foreach (var source in Recording.Sources)
        {
            builder.AddSource(source.Name, () => new ReplaySource(source, _options), new SourceOptions
            {
                Policy = _options.RealTime ? null : QueuePolicy.Wait,
                RealTime = _options.RealTime,
                Reconnect = RetryPolicy.None,
                FrameInterval = frameInterval?.Invoke(source.Name) ?? 1,
            });
        }

        return builder;
    }

    /// <summary>Adds a sink that compares each result with the recorded one; see <see cref="Diff"/>.</summary>
    /// <param name="builder">Builder of the pipeline.</param>
    public VisionPipelineBuilder AddDiff(VisionPipelineBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddSink(CreateDiffSink(), new SinkOptions { Policy = QueuePolicy.Wait, Retry = RetryPolicy.None });
    }

    /// <summary>
    /// Creates the sink of <see cref="AddDiff"/>, for a pipeline built otherwise; use it with <see cref="QueuePolicy.Wait"/>.
    /// </summary>
    public FrameSink CreateDiffSink()
    {
        _diff?.Dispose();
        _diff = new RecordingDiff(Recording, _options.Diff);
        return new DiffSink(_diff);
    }

    /// <summary>Closes the recording's files.</summary>
    public void Dispose() => _diff?.Dispose();

    private sealed class DiffSink(RecordingDiff diff) : FrameSink("comparison with the recording")
    {
        private readonly ArrayBufferWriter<byte> _line = new(4096);

        public override ValueTask WriteAsync(PipelineFrame frame, CancellationToken cancel)
        {
            _line.ResetWrittenCount();
            using (var writer = new Utf8JsonWriter(_line, new JsonWriterOptions { Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping }))
            {
                PipelineJson.Write(writer, frame);
            }

            diff.Add(frame.Source, frame.Sequence, Encoding.UTF8.GetString(_line.WrittenSpan));
            return ValueTask.CompletedTask;
        }

        public override ValueTask CompleteAsync(CancellationToken cancel)
        {
            diff.Complete();
            return ValueTask.CompletedTask;
        }
    }
}
