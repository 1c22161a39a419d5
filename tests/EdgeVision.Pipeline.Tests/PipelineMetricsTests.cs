using System.Diagnostics.Metrics;
using EdgeVision.Diagnostics;
using EdgeVision.Pipeline.Ledger;
using Xunit;

namespace EdgeVision.Pipeline.Tests;

/// <summary>What a listener of the meter sees of accounts that are made up.</summary>
public sealed class PipelineMetricsTests
{
    private static readonly PipelineStatistics Accounts = new()
    {
        Sources =
        [
            new SourceStatistics
            {
                Name = "door",
                State = SourceState.Reconnecting,
                Captured = 100,
                Delivered = 60,
                DroppedByPolicy = 20,
                DroppedStale = 7,
                DroppedDecodeError = 3,
                DroppedAtStop = 1,
                Failed = 4,
                InFlight = 5,
                Inferred = 50,
                Reconnects = 2,
                Stalls = 1,
                Age = new LatencySummary(60, 12, 10, 20, 30, 40, 50),
                Inference = new LatencySummary(50, 5, 4, 5, 6, 7, 8),
                LastError = "rtsp://me:hunter2@camera is away",
            },
        ],
        Sinks = [new SinkStatistics { Name = "mqtt", State = SinkState.Running, Offered = 60, Written = 50, Dropped = 4, Failed = 3, Pending = 3, Retries = 9 }],
    };

    [Theory]
    [InlineData("edgevision.source.frames.captured", "", 100)]
    [InlineData("edgevision.source.frames.delivered", "", 60)]
    [InlineData("edgevision.source.frames.dropped", "edgevision.drop.reason=policy", 20)]
    [InlineData("edgevision.source.frames.dropped", "edgevision.drop.reason=stale", 7)]
    [InlineData("edgevision.source.frames.dropped", "edgevision.drop.reason=decode_error", 3)]
    [InlineData("edgevision.source.frames.dropped", "edgevision.drop.reason=stop", 1)]
    [InlineData("edgevision.source.frames.failed", "", 4)]
    [InlineData("edgevision.source.frames.in_flight", "", 5)]
    [InlineData("edgevision.source.frames.inferred", "", 50)]
    [InlineData("edgevision.source.reconnects", "", 2)]
    [InlineData("edgevision.source.stalls", "", 1)]
    [InlineData("edgevision.source.state", "edgevision.state=reconnecting", 1)]
    [InlineData("edgevision.source.state", "edgevision.state=running", 0)]
    [InlineData("edgevision.source.frame.age", "quantile=0.5", 0.010)] // seconds, as OpenTelemetry has times
    [InlineData("edgevision.source.frame.age", "quantile=1", 0.050)]
    [InlineData("edgevision.source.stage.duration", "edgevision.stage=inference,quantile=0.99", 0.006)]
    [InlineData("edgevision.sink.results.offered", "", 60)]
    [InlineData("edgevision.sink.results.written", "", 50)]
    [InlineData("edgevision.sink.results.dropped", "", 4)]
    [InlineData("edgevision.sink.results.failed", "", 3)]
    [InlineData("edgevision.sink.results.pending", "", 3)]
    [InlineData("edgevision.sink.retries", "", 9)]
    [InlineData("edgevision.sink.state", "edgevision.state=running", 1)]
    public void An_account_is_a_measurement(string instrument, string tags, double value)
    {
        string pipeline = Guid.NewGuid().ToString();
        using var metrics = new PipelineMetrics(() => Accounts, pipeline);
        var seen = Collect(pipeline);
        var found = Assert.Single(seen, m => m.Instrument == instrument && tags.Split(',', StringSplitOptions.RemoveEmptyEntries).All(tag => m.Tags.Contains(tag)));
        Assert.Equal(value, found.Value, 1e-9);
        Assert.Contains(instrument.StartsWith("edgevision.sink", StringComparison.Ordinal) ? "edgevision.sink.name=mqtt" : "edgevision.source.name=door", found.Tags);
    }

    [Fact]
    public void What_was_not_measured_says_nothing()
    {
        string pipeline = Guid.NewGuid().ToString();
        using var metrics = new PipelineMetrics(() => Accounts, pipeline);
        Assert.DoesNotContain(Collect(pipeline), m => m.Tags.Contains("edgevision.stage=queue"));
    }

    [Fact]
    public void Errors_and_addresses_do_not_go_out()
    {
        string pipeline = Guid.NewGuid().ToString();
        using var metrics = new PipelineMetrics(() => Accounts, pipeline);
        Assert.DoesNotContain(Collect(pipeline), m => m.Tags.Any(tag => tag.Contains("hunter2", StringComparison.Ordinal) || tag.Contains("camera", StringComparison.Ordinal)));
    }

    [Fact]
    public void One_collection_takes_the_accounts_once_and_pipelines_stay_apart()
    {
        int taken = 0;
        string first = Guid.NewGuid().ToString(), second = Guid.NewGuid().ToString();
        using var metrics = new PipelineMetrics(() => Accounts with { Elapsed = TimeSpan.FromTicks(++taken) }, first);
        using (var other = new PipelineMetrics(() => Accounts, second))
        {
            Assert.NotEmpty(Collect(first));
            Assert.NotEmpty(Collect(second));
        }

        Assert.Empty(Collect(second)); // over, and gone
        Assert.InRange(taken, 1, 30); // not once for each of the twenty instruments in each of three collections
    }

    private static List<(string Instrument, double Value, HashSet<string> Tags)> Collect(string pipeline)
    {
        var seen = new List<(string, double, HashSet<string>)>();
        using var listener = new MeterListener();
        listener.InstrumentPublished = (instrument, l) =>
        {
            if (instrument.Meter.Name == PipelineMetrics.MeterName)
            {
                l.EnableMeasurementEvents(instrument);
            }
        };
        listener.SetMeasurementEventCallback<long>((instrument, value, tags, _) => Note(instrument, value, tags));
        listener.SetMeasurementEventCallback<double>((instrument, value, tags, _) => Note(instrument, value, tags));
        listener.Start();
        listener.RecordObservableInstruments();
        return seen;

        void Note(Instrument instrument, double value, ReadOnlySpan<KeyValuePair<string, object?>> tags)
        {
            var texts = new HashSet<string>();
            foreach (var (key, tag) in tags)
            {
                texts.Add($"{key}={tag}");
            }

            if (texts.Contains($"edgevision.pipeline.name={pipeline}"))
            {
                seen.Add((instrument.Name, value, texts));
            }
        }
    }
}
