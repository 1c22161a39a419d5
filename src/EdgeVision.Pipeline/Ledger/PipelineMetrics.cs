using System.Diagnostics;
using System.Diagnostics.Metrics;
using EdgeVision.Diagnostics;

namespace EdgeVision.Pipeline.Ledger;

/// <summary>
/// Publishes the statistics of a pipeline through the meter <c>EdgeVision</c>, for OpenTelemetry, dotnet-counters and others.
/// </summary>
/// <remarks>
/// Nothing is measured until a listener subscribes. Instruments exist once per process; each measurement is tagged with its pipeline
/// (<c>edgevision.pipeline.name</c>) and its source or sink. Only names and counts are published, no addresses and no error texts.
/// </remarks>
public sealed class PipelineMetrics : IDisposable
{
    /// <summary>Name of the meter.</summary>
    public const string MeterName = "EdgeVision";

    private const string PipelineKey = "edgevision.pipeline.name", SourceKey = "edgevision.source.name", SinkKey = "edgevision.sink.name",
        StateKey = "edgevision.state", ReasonKey = "edgevision.drop.reason", StageKey = "edgevision.stage", QuantileKey = "quantile";

    // One collection reads every instrument in turn: a shared snapshot keeps them consistent and computes the percentiles once.
    private static readonly TimeSpan MaxSnapshotAge = TimeSpan.FromMilliseconds(100);
    private static readonly Lock Registration = new();
    private static readonly Meter Meter = new(MeterName, typeof(PipelineMetrics).Assembly.GetName().Version?.ToString(3));
    private static PipelineMetrics[] _pipelines = [];

    private readonly Lock _lock = new();
    private readonly Func<PipelineStatistics> _snapshot;
    private readonly string _name;
    private PipelineStatistics? _last;
    private long _lastAt;

    static PipelineMetrics()
    {
        AddSourceInstruments();
        AddSinkInstruments();
    }

    /// <summary>Starts to publish the statistics of a pipeline.</summary>
    /// <param name="snapshot">Returns the current statistics; called on the listener's thread.</param>
    /// <param name="name">Name of the pipeline in the process.</param>
    public PipelineMetrics(Func<PipelineStatistics> snapshot, string name = "edgevision")
    {
        ArgumentNullException.ThrowIfNull(snapshot);
        ArgumentException.ThrowIfNullOrEmpty(name);
        (_snapshot, _name) = (snapshot, name);
        lock (Registration)
        {
            _pipelines = [.. _pipelines, this];
        }
    }

    /// <summary>Stops publishing this pipeline.</summary>
    public void Dispose()
    {
        lock (Registration)
        {
            _pipelines = [.. _pipelines.Where(other => other != this)];
        }
    }

    private static void AddSourceInstruments()
    {
        Counter("edgevision.source.frames.captured", "{frame}",
            "Frames captured from the source, including those that could not be decoded.", SourceCounts(source => source.Captured));
        Counter("edgevision.source.frames.delivered", "{frame}", "Frames whose results were passed to the sinks.",
            SourceCounts(source => source.Delivered));
        Counter("edgevision.source.frames.dropped", "{frame}", "Frames dropped, by reason.", Sources<long>(static (source, tags) =>
        [
            new(source.DroppedByPolicy, [.. tags, new(ReasonKey, "policy")]),
            new(source.DroppedStale, [.. tags, new(ReasonKey, "stale")]),
            new(source.DroppedDecodeError, [.. tags, new(ReasonKey, "decode_error")]),
            new(source.DroppedAtStop, [.. tags, new(ReasonKey, "stop")]),
        ]));
        Counter("edgevision.source.frames.failed", "{frame}", "Frames that failed in the model or in a stage after it.",
            SourceCounts(source => source.Failed));
        Counter("edgevision.source.frames.inferred", "{frame}", "Frames delivered on which the model ran.",
            SourceCounts(source => source.Inferred));
        Counter("edgevision.source.reconnects", "{reconnect}", "Number of times the source was reopened.",
            SourceCounts(source => source.Reconnects));
        Counter("edgevision.source.stalls", "{stall}", "Number of times the source was found stalled.",
            SourceCounts(source => source.Stalls));
        UpDown("edgevision.source.frames.in_flight", "{frame}", "Frames in flight.", SourceCounts(source => source.InFlight));
        UpDown("edgevision.source.state", "1", "1 for the current state of the source, 0 for the others.",
            Sources<long>(static (source, tags) => States(source.State, tags)));
        Gauge("edgevision.source.frame.age", "s", "Time from capture to the sinks, by quantile.",
            Sources<double>(static (source, tags) => Quantiles(source.Age, tags)));
        Gauge("edgevision.source.stage.duration", "s", "Duration of a stage, by quantile.", Sources<double>(static (source, tags) =>
        [
            .. Quantiles(source.Queue, [.. tags, new(StageKey, "queue")]),
            .. Quantiles(source.Preprocess, [.. tags, new(StageKey, "preprocess")]),
            .. Quantiles(source.Inference, [.. tags, new(StageKey, "inference")]),
            .. Quantiles(source.Postprocess, [.. tags, new(StageKey, "postprocess")]),
            .. Quantiles(source.Analysis, [.. tags, new(StageKey, "analysis")]),
        ]));
    }

    private static void AddSinkInstruments()
    {
        Counter("edgevision.sink.results.offered", "{result}", "Results added to the sink's queue.", SinkCounts(sink => sink.Offered));
        Counter("edgevision.sink.results.written", "{result}", "Results written by the sink.", SinkCounts(sink => sink.Written));
        Counter("edgevision.sink.results.dropped", "{result}", "Results dropped because the sink's queue was full.",
            SinkCounts(sink => sink.Dropped));
        Counter("edgevision.sink.results.failed", "{result}", "Results not written after all attempts.", SinkCounts(sink => sink.Failed));
        Counter("edgevision.sink.retries", "{retry}", "Attempts beyond the first.", SinkCounts(sink => sink.Retries));
        UpDown("edgevision.sink.results.pending", "{result}", "Results in the sink's queue or being written.",
            SinkCounts(sink => sink.Pending));
        UpDown("edgevision.sink.state", "1", "1 for the current state of the sink, 0 for the others.",
            Sinks<long>(static (sink, tags) => States(sink.State, tags)));
        Gauge("edgevision.sink.frame.age", "s", "Time from capture until the result was written, by quantile.",
            Sinks<double>(static (sink, tags) => Quantiles(sink.Age, tags)));
        Gauge("edgevision.sink.write.duration", "s", "Duration of a write including retries, by quantile.",
            Sinks<double>(static (sink, tags) => Quantiles(sink.Write, tags)));
    }

    private static void Counter(string name, string unit, string description, Func<IEnumerable<Measurement<long>>> observe) =>
        Meter.CreateObservableCounter(name, observe, unit, description);

    private static void UpDown(string name, string unit, string description, Func<IEnumerable<Measurement<long>>> observe) =>
        Meter.CreateObservableUpDownCounter(name, observe, unit, description);

    private static void Gauge(string name, string unit, string description, Func<IEnumerable<Measurement<double>>> observe) =>
        Meter.CreateObservableGauge(name, observe, unit, description);

    private static Func<IEnumerable<Measurement<long>>> SourceCounts(Func<SourceStatistics, long> count) =>
        Sources<long>((source, tags) => [new(count(source), tags)]);

    private static Func<IEnumerable<Measurement<long>>> SinkCounts(Func<SinkStatistics, long> count) =>
        Sinks<long>((sink, tags) => [new(count(sink), tags)]);

    private static Func<IEnumerable<Measurement<T>>> Sources<T>(
        Func<SourceStatistics, KeyValuePair<string, object?>[], Measurement<T>[]> measure)
        where T : struct =>
        () => _pipelines.SelectMany(pipeline =>
            pipeline.Snapshot().Sources.SelectMany(source => measure(source, pipeline.Tags(SourceKey, source.Name))));

    private static Func<IEnumerable<Measurement<T>>> Sinks<T>(Func<SinkStatistics, KeyValuePair<string, object?>[], Measurement<T>[]> measure)
        where T : struct =>
        () => _pipelines.SelectMany(pipeline =>
            pipeline.Snapshot().Sinks.SelectMany(sink => measure(sink, pipeline.Tags(SinkKey, sink.Name))));

    private static Measurement<long>[] States<T>(T state, KeyValuePair<string, object?>[] tags)
        where T : struct, Enum =>
        [
            .. Enum.GetValues<T>().Select(value => new Measurement<long>(
                value.Equals(state) ? 1 : 0, [.. tags, new(StateKey, value.ToString().ToLowerInvariant())])),
        ];

    private static Measurement<double>[] Quantiles(LatencySummary summary, KeyValuePair<string, object?>[] tags) => summary.Count == 0
        ? []
        :
        [
            new(summary.P50 / 1000, [.. tags, new(QuantileKey, 0.5)]),
            new(summary.P90 / 1000, [.. tags, new(QuantileKey, 0.9)]),
            new(summary.P99 / 1000, [.. tags, new(QuantileKey, 0.99)]),
            new(summary.P999 / 1000, [.. tags, new(QuantileKey, 0.999)]),
            new(summary.Max / 1000, [.. tags, new(QuantileKey, 1.0)]),
        ];

    private KeyValuePair<string, object?>[] Tags(string key, string name) => [new(PipelineKey, _name), new(key, name)];

    private PipelineStatistics Snapshot()
    {
        lock (_lock)
        {
            if (_last is null || Stopwatch.GetElapsedTime(_lastAt) >= MaxSnapshotAge)
            {
                (_last, _lastAt) = (_snapshot(), Stopwatch.GetTimestamp());
            }

            return _last;
        }
    }
}
