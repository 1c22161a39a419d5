using System.Diagnostics;
using EdgeVision.Pipeline.Ledger;
using Xunit;

namespace EdgeVision.Pipeline.Tests;

/// <summary>Spans of a frame whose times are made up.</summary>
public sealed class PipelineTracingTests
{
    private static readonly DateTimeOffset Captured = new(2025, 1, 2, 3, 4, 5, TimeSpan.Zero);

    [Fact]
    public void A_frame_is_a_span_with_a_child_for_each_stage_that_took_time()
    {
        var spans = Listen(Trace() with { Source = "spans" });
        var frame = Assert.Single(spans, s => s.OperationName == "frame");
        Assert.Equal(default, frame.ParentSpanId);
        Assert.Equal((Captured.UtcDateTime, TimeSpan.FromMilliseconds(20)), (frame.StartTimeUtc, frame.Duration));
        Assert.Equal(("people", 7L, 3), (frame.GetTagItem("edgevision.model.name"), frame.GetTagItem("edgevision.frame.sequence"), frame.GetTagItem("edgevision.frame.detections")));
        (string, double, double)[] stages = [.. spans.Where(s => s != frame).Select(s => (s.OperationName, (s.StartTimeUtc - frame.StartTimeUtc).TotalMilliseconds, s.Duration.TotalMilliseconds))];
        Assert.Equal([("queue", 0, 1), ("preprocess", 1, 2), ("inference", 3, 4), ("analysis", 7, 5)], stages);
        Assert.All(spans.Where(s => s != frame), s => Assert.Equal((frame.TraceId, frame.SpanId), (s.TraceId, s.ParentSpanId)));
    }

    [Fact]
    public void A_frame_lasts_at_least_as_long_as_its_stages() =>
        Assert.Equal(12, Listen(Trace() with { Source = "long", Total = TimeSpan.Zero }).Single(s => s.OperationName == "frame").Duration.TotalMilliseconds);

    [Fact]
    public void A_failure_is_an_error() =>
        Assert.Equal(ActivityStatusCode.Error, Listen(Trace() with { Source = "failed", Error = "no boxes" }).Single(s => s.OperationName == "frame").Status);

    [Fact]
    public void A_frame_begins_a_trace_of_its_own_and_leaves_the_threads()
    {
        using var around = new Activity("around").Start();
        var frame = Listen(Trace() with { Source = "around" }).Single(s => s.OperationName == "frame");
        Assert.NotEqual(around.TraceId, frame.TraceId);
        Assert.Same(around, Activity.Current);
    }

    private static FrameTrace Trace() => new("", "people", 7, Captured)
    {
        Queue = TimeSpan.FromMilliseconds(1),
        Preprocess = TimeSpan.FromMilliseconds(2),
        Inference = TimeSpan.FromMilliseconds(4),
        Analysis = TimeSpan.FromMilliseconds(5),
        Total = TimeSpan.FromMilliseconds(20),
        Detections = 3,
    };

    // Tests run side by side: the trace of this one is told by its source.
    private static List<Activity> Listen(FrameTrace trace)
    {
        var spans = new List<Activity>();
        using var listener = new ActivityListener
        {
            ShouldListenTo = source => source.Name == PipelineTracing.SourceName,
            Sample = (ref ActivityCreationOptions<ActivityContext> _) => ActivitySamplingResult.AllDataAndRecorded,
            ActivityStopped = span =>
            {
                lock (spans)
                {
                    spans.Add(span);
                }
            },
        };
        ActivitySource.AddActivityListener(listener);
        Assert.True(PipelineTracing.IsEnabled);
        PipelineTracing.Write(trace);
        lock (spans)
        {
            var frame = spans.Single(s => s.OperationName == "frame" && (string?)s.GetTagItem("edgevision.source.name") == trace.Source);
            return [.. spans.Where(s => s.TraceId == frame.TraceId)];
        }
    }
}
