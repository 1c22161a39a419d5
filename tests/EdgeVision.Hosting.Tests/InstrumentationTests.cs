using System.Diagnostics;
using EdgeVision.Pipeline.Ledger;
using OpenTelemetry;
using OpenTelemetry.Metrics;
using OpenTelemetry.Trace;
using Xunit;

namespace EdgeVision.Hosting.Tests;

/// <summary>What OpenTelemetry collects of a pipeline in a host.</summary>
public sealed class InstrumentationTests
{
    [Fact]
    public async Task Metrics_of_a_running_pipeline_reach_an_exporter()
    {
        var exported = new List<Metric>();
        using var meters = Sdk.CreateMeterProviderBuilder().AddEdgeVisionInstrumentation().AddInMemoryExporter(exported).Build();
        var sink = new CountingSink();
        string name = Guid.NewGuid().ToString();
        using var host = TestParts.Host(new KeptLog(), services => services.AddEdgeVisionPipeline(
            pipeline => pipeline.AddSource("counted", () => new CountedSource(null)).AddModel(TestParts.Model).AddSink(sink),
            new PipelineServiceOptions { Name = name }));
        await host.StartAsync(TestContext.Current.CancellationToken);
        await TestParts.UntilAsync(() => Volatile.Read(ref sink.Written) > 5);
        meters.ForceFlush();
        Assert.True(Sum(exported, "edgevision.source.frames.captured", name) > 5);
        Assert.True(Sum(exported, "edgevision.source.frames.delivered", name) > 5);
        Assert.True(Sum(exported, "edgevision.sink.results.offered", name) > 5);
        Assert.Contains(exported, m => m.Name == "edgevision.source.stage.duration" && m.Unit == "s");
        await host.StopAsync(TestContext.Current.CancellationToken);
    }

    [Fact]
    public void Traces_of_frames_reach_an_exporter()
    {
        var exported = new List<Activity>();
        using (var traces = Sdk.CreateTracerProviderBuilder().AddEdgeVisionInstrumentation().AddInMemoryExporter(exported).Build())
        {
            PipelineTracing.Write(new FrameTrace("traced", "people", 3, DateTimeOffset.UtcNow) { Inference = TimeSpan.FromMilliseconds(5), Detections = 2 });
        }

        var frame = exported.Single(span => (string?)span.GetTagItem("edgevision.source.name") == "traced");
        Assert.Contains(exported, span => span.OperationName == "inference" && span.ParentSpanId == frame.SpanId);
    }

    private static long Sum(List<Metric> exported, string metric, string pipeline)
    {
        long sum = 0;
        foreach (ref readonly var point in exported.Last(m => m.Name == metric).GetMetricPoints())
        {
            foreach (var tag in point.Tags)
            {
                sum += tag.Key == "edgevision.pipeline.name" && (string?)tag.Value == pipeline ? point.GetSumLong() : 0;
            }
        }

        return sum;
    }
}
