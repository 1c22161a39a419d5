using System.Buffers;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace EdgeVision;

/// <summary>
/// A recording in place of a pipeline's sources.
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

    private Replay(Recording recording, ReplayOptions options) => (Recording, _options) = (recording, options);

    /// <summary>The recording.</summary>
    public Recording Recording { get; }

    /// <summary>Where the replay's results differ from the recorded ones; complete once the pipeline has run.</summary>
    /// <exception cref="InvalidOperationException">No comparison was asked for.</exception>
    public RecordingDiff Diff => _diff ?? throw new InvalidOperationException("AddDiff first");

    /// <summary>Opens a recording.</summary>
    /// <param name="folder">Its folder.</param>
    /// <param name="options">How to replay it.</param>
    /// <exception cref="SourceException">The folder holds no recording that can be read.</exception>
    public static Replay Open(string folder, ReplayOptions? options = null) => new(Recording.Open(folder), options ?? new ReplayOptions());

    /// <summary>A recorded source, not opened.</summary>
    /// <param name="name">Its name.</param>
    /// <exception cref="SourceException">The recording has none of that name.</exception>
    public FrameSource CreateSource(string name) => new ReplaySource(Recording.Source(name), _options);

    /// <summary>Adds every recorded source by its name. Nothing is dropped, unless frames come at their pace.</summary>
    /// <param name="builder">The pipeline.</param>
    /// <param name="every">Every how many frames the model looks at, by the source's name, as when it was recorded; null for each frame.</param>
    public VisionPipelineBuilder AddSources(VisionPipelineBuilder builder, Func<string, int>? every = null)
    {
        ArgumentNullException.ThrowIfNull(builder);
        foreach (var source in Recording.Sources)
        {
            builder.AddSource(source.Name, () => new ReplaySource(source, _options), new SourceOptions
            {
                Policy = _options.RealTime ? null : QueuePolicy.Wait,
                RealTime = _options.RealTime,
                Reconnect = RetryPolicy.Never,
                Every = every?.Invoke(source.Name) ?? 1,
            });
        }

        return builder;
    }

    /// <summary>Adds a sink that compares each result with the recorded one; see <see cref="Diff"/>.</summary>
    /// <param name="builder">The pipeline.</param>
    public VisionPipelineBuilder AddDiff(VisionPipelineBuilder builder)
    {
        ArgumentNullException.ThrowIfNull(builder);
        return builder.AddSink(CreateDiffSink(), new SinkOptions { Policy = QueuePolicy.Wait, Retry = RetryPolicy.Never });
    }

    /// <summary>The sink of <see cref="AddDiff"/>, for a pipeline that is put together otherwise; give it <see cref="QueuePolicy.Wait"/>.</summary>
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
